package source

import (
	"fmt"

	flatbuffers "github.com/google/flatbuffers/go"
)

// vector returns where the items of a vector lie, each width bytes, and how
// many there are. A vector that is longer than its message is refused: the
// decoder allocates what vectors declare.
func vector(t flatbuffers.Table, slot flatbuffers.VOffsetT, width int) (at, n flatbuffers.UOffsetT, err error) {
	o := flatbuffers.UOffsetT(t.Offset(slot))
	if o == 0 {
		return 0, 0, nil
	}
	at, items := t.Vector(o), t.VectorLen(o)
	if items < 0 || int64(items)*int64(width) > int64(len(t.Bytes))-int64(at) {
		return 0, 0, fmt.Errorf("a vector of %d items in a message of %d bytes: %w", items, len(t.Bytes), ErrFormat)
	}
	return at, flatbuffers.UOffsetT(items), nil
}

// Slots of the tables of Schema.fbs.
const (
	schemaFields   = 6
	schemaMetadata = 8
	fieldTypeKind  = 8
	fieldType      = 10
	fieldChildren  = 14
	fieldMetadata  = 16
	unionTypeIDs   = 6
	unionType      = 14 // of the enumeration Type
)

// checkSchema walks through the fields of a schema. Tables may be shared, so
// what is counted is visits.
func checkSchema(t flatbuffers.Table) error {
	if _, _, err := vector(t, schemaMetadata, 4); err != nil {
		return err
	}
	visits := 0
	return checkFields(t, schemaFields, 0, &visits)
}

func checkFields(t flatbuffers.Table, slot flatbuffers.VOffsetT, depth int, visits *int) error {
	at, n, err := vector(t, slot, 4)
	if err != nil {
		return err
	}
	if depth > maxDepth {
		return fmt.Errorf("columns are nested more than %d deep: %w", maxDepth, ErrTooLarge)
	}
	for i := range n {
		if *visits++; *visits > maxColumns {
			return fmt.Errorf("more than %d columns, those within others included: %w", maxColumns, ErrTooLarge)
		}
		field := flatbuffers.Table{Bytes: t.Bytes, Pos: t.Indirect(at + 4*i)}
		if _, _, err := vector(field, fieldMetadata, 4); err != nil {
			return err
		}
		if o := flatbuffers.UOffsetT(field.Offset(fieldTypeKind)); o != 0 && field.GetByte(field.Pos+o) == unionType {
			var typ flatbuffers.Table
			if o := flatbuffers.UOffsetT(field.Offset(fieldType)); o != 0 {
				field.Union(&typ, o)
				if _, _, err := vector(typ, unionTypeIDs, 4); err != nil {
					return err
				}
			}
		}
		if err := checkFields(field, fieldChildren, depth+1, visits); err != nil {
			return err
		}
	}
	return nil
}

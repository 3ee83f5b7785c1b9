package sink

import (
	"github.com/apache/arrow/go/v15/arrow"

	"github.com/ortrain/ortrain/pipeline/record"
)

// prepared is the layout of a prepared file.
type prepared struct {
	about  record.Preparation
	schema *arrow.Schema
	memory *record.Allocator
}

// newPrepared also describes the classes as the layout of texts does, for readers
// that know nothing of tokens.
func newPrepared(opts Options) (*prepared, error) {
	schema, err := opts.Prepared.Schema()
	if err != nil {
		return nil, err
	}
	kind, _ := opts.Prepared.Kind()
	if names := opts.Prepared.Names; names != nil {
		meta := schema.Metadata()
		described := (&columns{kind: kind, names: names, schema: schema}).features()
		meta = arrow.NewMetadata(append(meta.Keys(), featuresKey), append(meta.Values(), described))
		schema = arrow.NewSchema(schema.Fields(), &meta)
	}
	return &prepared{about: *opts.Prepared, schema: schema, memory: opts.Memory}, nil
}

// record implements layout.
func (p *prepared) record(b *record.Batch) (arrow.Record, error) {
	return p.about.Record(p.memory, p.schema, b)
}

package wire

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// ErrTooLarge is wrapped when a model does not fit into one file: protocol
// buffers end at 2 GiB.
var ErrTooLarge = errors.New("model exceeds 2 GiB")

// Error says where a file breaks the rules. It wraps onnx.ErrInvalid.
type Error struct {
	// Offset is the position of the field in the file, in bytes.
	Offset int64
	// Path names the field, such as "graph.node[3].attribute[0].t".
	Path string
	// Reason says what is wrong and what was expected.
	Reason string
}

// Error returns path, offset and reason in one line.
func (e *Error) Error() string {
	path := e.Path
	if path == "" {
		path = "model"
	}
	return fmt.Sprintf("wire: %s at byte %d: %s", path, e.Offset, e.Reason)
}

// Unwrap returns onnx.ErrInvalid.
func (e *Error) Unwrap() error { return onnx.ErrInvalid }

// path returns the names of the messages from the model down to m.
func (m *message) path(last string) string {
	var parts []string
	if last != "" {
		parts = append(parts, last)
	}
	for ; m != nil && m.name != ""; m = m.up {
		part := m.name
		if m.index >= 0 {
			part += "[" + strconv.Itoa(m.index) + "]"
		}
		parts = append([]string{part}, parts...)
	}
	return strings.Join(parts, ".")
}

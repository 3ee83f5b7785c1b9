package autodiff

import (
	"fmt"
	"strings"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// Status says what became of a forward node.
type Status uint8

// What becomes of a node.
const (
	// Constant nodes depend on no wanted value, or have no part in the loss.
	Constant Status = iota
	// Stopped nodes depend on a wanted value through something that carries no
	// gradient, such as integers.
	Stopped
	// Differentiated nodes have nodes in the backward pass.
	Differentiated
)

// String returns the status in lower case.
func (s Status) String() string {
	return [...]string{"constant", "stopped", "differentiated"}[s]
}

// Entry is what the Report says of one node.
type Entry struct {
	Node   *onnx.Node
	Status Status
	// Why explains the status in a few words.
	Why string
	// Emitted is how many nodes the rule and the driver appended for it.
	Emitted int
	// AtRunTime lists inputs whose broadcasting is undone at run time because
	// their sizes cannot be compared before; declaring them makes it cheaper.
	AtRunTime []string
}

// Report has one entry for each forward node, in graph order.
type Report []Entry

// String prints one line per node.
func (r Report) String() string {
	var s strings.Builder
	for _, e := range r {
		fmt.Fprintf(&s, "%-14s %s (%s): %s", e.Status, label(e.Node), qualified(e.Node.Domain, e.Node.Op), e.Why)
		if len(e.AtRunTime) > 0 {
			fmt.Fprintf(&s, "; summed at run time: %s", strings.Join(e.AtRunTime, ", "))
		}
		s.WriteByte('\n')
	}
	return s.String()
}

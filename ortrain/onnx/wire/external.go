package wire

import (
	"fmt"
	"path"
	"strings"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// checkLocation refuses the places where external data must not lie. Links are
// looked at when a file is opened.
func checkLocation(location string) error {
	clean := path.Clean(strings.ReplaceAll(location, `\`, "/"))
	drive := len(clean) > 1 && clean[1] == ':'
	if location == "" || clean == "." || path.IsAbs(clean) || drive || clean == ".." || strings.HasPrefix(clean, "../") {
		return fmt.Errorf("wire: external data at %q; a file in the model's own folder is expected: %w", location, onnx.ErrInvalid)
	}
	return nil
}

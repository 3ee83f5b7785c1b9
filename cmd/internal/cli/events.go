package cli

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ortrain/ortrain/ortrain/report/tfevents"
)

// eventsPrefix is how TensorBoard's files in a run folder begin.
const eventsPrefix = "events.out.tfevents."

// openEvents begins a TensorBoard file in dir. Every start of a run has one of
// its own, named by its time; TensorBoard puts them together.
func openEvents(dir string, now time.Time) (*os.File, *tfevents.Writer, error) {
	f, err := os.OpenFile(filepath.Join(dir, fmt.Sprintf("%s%d.ortrain", eventsPrefix, now.UnixNano())), os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o644)
	if err != nil {
		return nil, nil, err
	}
	w, err := tfevents.New(f, now)
	if err != nil {
		_ = f.Close()
		return nil, nil, fmt.Errorf("writing TensorBoard events: %w", err)
	}
	return f, w, nil
}

// scalars are the numbers of a log line, tagged by their part.
func scalars(fields map[string]any) (step int64, out []tfevents.Scalar) {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		var v float64
		switch x := fields[name].(type) {
		case float64:
			v = x
		case int64:
			v = float64(x)
		case int:
			v = float64(x)
		}
		switch metric, isEval := strings.CutPrefix(name, "eval_"); {
		case name == "step":
			step = int64(v)
		case isEval:
			out = append(out, tfevents.Scalar{Tag: "eval/" + metric, Value: v})
		default:
			out = append(out, tfevents.Scalar{Tag: "train/" + name, Value: v})
		}
	}
	return step, out
}

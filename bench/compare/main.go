// Command compare runs ours and a peer in turn, A B A B, and prints a Markdown
// table of medians and of the paired ratios with their range.
//
// It is called by bench/run.sh, which builds our side and sets the peer up.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// options are the paths and sizes of a comparison.
type options struct {
	python, ortrain, step, gemm, peers string
	data, model, out                   string
	pairs, basePairs, steps            int
	only                               string
}

func main() {
	var o options
	flag.StringVar(&o.python, "python", "", "interpreter with the peers' packages")
	flag.StringVar(&o.ortrain, "ortrain", "bin/ortrain", "our command line")
	flag.StringVar(&o.step, "step", "build/step", "our bench/step")
	flag.StringVar(&o.gemm, "gemm", "build/gemm", "our bench/gemm")
	flag.StringVar(&o.peers, "peers", "bench/peers", "folder of the peers' scripts")
	flag.StringVar(&o.data, "data", "", "folder with train.csv and test.csv (text, category)")
	flag.StringVar(&o.model, "model", "", "folder of all-MiniLM-L6-v2")
	flag.StringVar(&o.out, "out", "build/bench", "folder for raw results")
	flag.IntVar(&o.pairs, "pairs", 5, "pairs of runs")
	flag.IntVar(&o.basePairs, "base_pairs", 10, "pairs of runs of BERT-base, batch 8")
	flag.IntVar(&o.steps, "steps", 40, "steps of a run of MiniLM")
	flag.StringVar(&o.only, "only", "", "rows to run, separated by commas (default all)")
	flag.Parse()
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

// row is one line of the table.
type row struct {
	name, title, unit string
	pairs             int
	// ours and peer give one measurement; a nil peer compares with nothing.
	ours, peer func() (float64, error)
	// lower says that smaller is better; the ratio is ours to the peer's.
	lower bool
}

func run(o options) error {
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return err
	}
	raw, err := os.Create(filepath.Join(o.out, "raw.jsonl"))
	if err != nil {
		return err
	}
	defer raw.Close()
	fmt.Println("| what | ours | peer | ratio (median of pairs, range) | GEMM rate |")
	fmt.Println("|---|---|---|---|---|")
	for _, r := range o.rows() {
		if o.only != "" && !slices.Contains(strings.Split(o.only, ","), r.name) {
			continue
		}
		line, err := r.measure(o, raw)
		if err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
		fmt.Println(line)
	}
	return nil
}

// measure runs the pairs of one row.
func (r row) measure(o options, raw *os.File) (string, error) {
	var ours, peer, ratio, gemm []float64
	for i := range r.pairs {
		rate, err := o.gemmRate()
		if err != nil {
			return "", err
		}
		a, err := r.ours()
		if err != nil {
			return "", err
		}
		ours, gemm = append(ours, a), append(gemm, rate)
		record := map[string]any{"row": r.name, "pair": i, "ours": a, "gemm_gflops": rate, "time": time.Now().UTC().Format(time.RFC3339)}
		if r.peer != nil {
			b, err := r.peer()
			if err != nil {
				return "", err
			}
			peer, ratio = append(peer, b), append(ratio, a/b)
			record["peer"] = b
		}
		if err := json.NewEncoder(raw).Encode(record); err != nil {
			return "", err
		}
		fmt.Fprintf(os.Stderr, "%s %d/%d: %v\n", r.name, i+1, r.pairs, record)
	}
	compared := "–"
	against := "–"
	if peer != nil {
		against = show(median(peer), r.unit)
		compared = fmt.Sprintf("%.2f× (%.2f–%.2f, %d pairs)", median(ratio), slices.Min(ratio), slices.Max(ratio), len(ratio))
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %.0f GFLOP/s |", r.title, show(median(ours), r.unit), against, compared, median(gemm)), nil
}

func median(x []float64) float64 {
	s := slices.Sorted(slices.Values(x))
	n := len(s)
	return (s[(n-1)/2] + s[n/2]) / 2
}

func show(x float64, unit string) string { return strconv.FormatFloat(x, 'g', 4, 64) + " " + unit }

func (o options) gemmRate() (float64, error) {
	out, err := exec.Command(o.gemm).Output()
	if err != nil {
		return 0, failed(o.gemm, err)
	}
	return strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
}

// lastObject runs a command and returns the last JSON object that it prints.
func lastObject(name string, args ...string) (map[string]float64, error) {
	out, err := exec.Command(name, args...).Output()
	if err != nil {
		return nil, failed(name, err)
	}
	lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	var fields map[string]any
	if err := json.Unmarshal(lines[len(lines)-1], &fields); err != nil {
		return nil, fmt.Errorf("%s printed %q: %w", name, lines[len(lines)-1], err)
	}
	numbers := make(map[string]float64)
	for k, v := range fields {
		if x, ok := v.(float64); ok {
			numbers[k] = x
		}
	}
	return numbers, nil
}

// failed adds what a command said to its error.
func failed(name string, err error) error {
	if e, ok := err.(*exec.ExitError); ok {
		return fmt.Errorf("%s: %w: %s", name, err, e.Stderr)
	}
	return fmt.Errorf("%s: %w", name, err)
}

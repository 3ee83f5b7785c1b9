package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/ortrain/ortrain/ortrain"
	"github.com/ortrain/ortrain/ortrain/report/tfevents"
)

// progress shows a run and writes its log. It is an ortrain.Observer.
type progress struct {
	out      io.Writer
	log      io.Writer
	events   *tfevents.Writer // nil: none
	form     string           // "line" redraws one line, "text" prints lines, "json" objects, "quiet" nothing
	now      func() time.Time
	rss      func() int64
	plan     ortrain.Plan
	window   window
	smooth   float64 // exponential average of the loss
	shown    time.Time
	started  time.Time
	lineOpen bool
	last     ortrain.Evaluation
	err      error
}

// window sums up the steps since the last line.
type window struct {
	steps, examples, tokens int
	total, wait, optimizer  time.Duration
	rectangle               float64
	loss                    float64
}

// Intervals of output: a live line is redrawn often, printed lines come at
// least this often.
const (
	redraw = 200 * time.Millisecond
	atMost = 3 * time.Second
)

// newProgress returns the observer for an Env. Log and events may be nil.
func newProgress(e Env, run Run, log io.Writer, events *tfevents.Writer) *progress {
	form := run.LogFormat
	if form == "auto" || form == "" {
		form = "text"
		if e.Terminal {
			form = "line"
		}
	}
	if run.Quiet {
		form = "quiet"
	}
	return &progress{out: e.Stderr, log: log, events: events, form: form, now: e.Now, rss: residentBytes}
}

// residentBytes returns the resident set size of this process, 0 where the
// system does not tell.
func residentBytes() int64 { return statusBytes("VmRSS") }

// peakBytes returns the largest resident set size so far.
func peakBytes() int64 { return statusBytes("VmHWM") }

func statusBytes(field string) int64 {
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(data)) {
		var kb int64
		if n, _ := fmt.Sscanf(line, field+": %d kB", &kb); n == 1 {
			return kb << 10
		}
	}
	return 0
}

// Begin implements ortrain.Observer.
func (p *progress) Begin(plan ortrain.Plan) {
	p.plan, p.started, p.shown = plan, p.now(), p.now()
	if p.form == "text" || p.form == "line" {
		from := ""
		if plan.First > 0 {
			from = fmt.Sprintf(", going on after step %d", plan.First)
		}
		fmt.Fprintf(p.out, "training %d steps of %s examples an epoch%s\n", plan.Steps, thousands(plan.Examples), from)
	}
}

// Step implements ortrain.Observer.
func (p *progress) Step(s ortrain.Step) {
	w := &p.window
	w.steps, w.examples, w.tokens = w.steps+1, w.examples+s.Examples, w.tokens+s.Tokens
	w.total, w.wait, w.optimizer = w.total+s.Total, w.wait+s.Wait, w.optimizer+s.Optimizer
	w.rectangle += float64(s.Tokens) / max(1-s.Padding, 1e-9)
	w.loss += s.Loss
	if p.smooth == 0 {
		p.smooth = s.Loss
	}
	p.smooth = 0.95*p.smooth + 0.05*s.Loss
	since := p.now().Sub(p.shown)
	switch {
	case p.form == "line" && since >= redraw:
		p.line(s)
	case p.form == "text" && (s.Logged || since >= atMost || s.Step == p.plan.First+1):
		p.line(s)
	}
	if s.Logged {
		p.record(s)
	}
}

// line shows the state of the run on one line.
func (p *progress) line(s ortrain.Step) {
	w := p.window
	perStep := w.total.Seconds() / float64(w.steps)
	eta := time.Duration(float64(p.plan.Steps-s.Step) * perStep * float64(time.Second))
	text := fmt.Sprintf("ep %.2f  step %d/%d  loss %.4f (ema %.4f)  lr %.2e  |g| %.2f  %.0f ex/s %s tok/s  pad %.0f%%  wait %.1f%%  RSS %s  eta %s",
		s.Epoch, s.Step, p.plan.Steps, s.Loss, p.smooth, s.LearningRate, s.GradNorm,
		rate(w.examples, w.total), short(rate(w.tokens, w.total)), 100*(1-float64(w.tokens)/max(w.rectangle, 1)),
		100*w.wait.Seconds()/max(w.total.Seconds(), 1e-9), bytesText(p.rss()), eta.Round(time.Second))
	p.shown = p.now()
	if p.form == "line" {
		fmt.Fprintf(p.out, "\r\x1b[K%s", text)
		p.lineOpen = true
	} else {
		fmt.Fprintln(p.out, text)
	}
}

// endLine finishes a live line, so that what follows starts on its own.
func (p *progress) endLine() {
	if p.lineOpen {
		fmt.Fprintln(p.out)
		p.lineOpen = false
	}
}

// record writes the log's line of a step and starts a new window.
func (p *progress) record(s ortrain.Step) {
	w := p.window
	p.window = window{}
	p.write(map[string]any{
		"step": s.Step, "epoch": s.Epoch, "loss": w.loss / float64(w.steps), "learning_rate": s.LearningRate, "grad_norm": s.GradNorm,
		"examples_per_s": rate(w.examples, w.total), "tokens_per_s": rate(w.tokens, w.total),
		"padding":   1 - float64(w.tokens)/max(w.rectangle, 1),
		"data_wait": w.wait.Seconds() / max(w.total.Seconds(), 1e-9), "rss_bytes": p.rss(),
		"optimizer_share": w.optimizer.Seconds() / max(w.total.Seconds(), 1e-9),
	})
}

func (p *progress) write(fields map[string]any) {
	data, err := json.Marshal(fields)
	if err != nil {
		// Infinite metrics do not occur: losses are checked before.
		p.err = err
		return
	}
	data = append(data, '\n')
	if p.form == "json" {
		_, _ = p.out.Write(data)
	}
	if p.log != nil {
		if _, err := p.log.Write(data); err != nil && p.err == nil {
			p.err = fmt.Errorf("writing the training log: %w", err)
		}
	}
	if p.events != nil {
		step, values := scalars(fields)
		if err := p.events.Scalars(p.now(), step, values...); err != nil && p.err == nil {
			p.err = fmt.Errorf("writing TensorBoard events: %w", err)
		}
	}
}

// Evaluated implements ortrain.Observer.
func (p *progress) Evaluated(e ortrain.Evaluation) {
	fields := map[string]any{"step": e.Step, "epoch": e.Epoch, "eval_runtime": e.Took.Seconds(), "eval_samples": e.Examples}
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(e.Metrics)) {
		fields["eval_"+name] = e.Metrics[name]
		fmt.Fprintf(&text, "  %s %.4f", name, e.Metrics[name])
		if old, ok := p.last.Metrics[name]; ok {
			fmt.Fprintf(&text, " (%+.4f)", e.Metrics[name]-old)
		}
	}
	p.last = e
	if p.form == "text" || p.form == "line" {
		p.endLine()
		best := ""
		if e.Best {
			best = "  best so far"
		}
		fmt.Fprintf(p.out, "eval at step %d%s%s\n", e.Step, text.String(), best)
	}
	p.write(fields)
}

// Saved implements ortrain.Observer.
func (p *progress) Saved(s ortrain.Saved) {
	if p.form == "text" || p.form == "line" {
		p.endLine()
		fmt.Fprintf(p.out, "saved %s in %s\n", s.Path, s.Took.Round(time.Millisecond))
	}
}

// End implements ortrain.Observer.
func (p *progress) End(r ortrain.Result) {
	p.endLine()
	if p.form == "text" || p.form == "line" {
		fmt.Fprintf(p.out, "trained %d steps, mean loss %.4f, %.1f examples/s, %s tokens/s, data wait %.2f%%\n",
			r.Steps, r.TrainLoss, rate(int(r.Examples), r.Training), short(rate(int(r.Tokens), r.Training)),
			100*r.Wait.Seconds()/max(r.Training.Seconds(), 1e-9))
	}
}

func rate(n int, d time.Duration) float64 { return float64(n) / max(d.Seconds(), 1e-9) }

func short(x float64) string {
	if x >= 1000 {
		return fmt.Sprintf("%.1fk", x/1000)
	}
	return fmt.Sprintf("%.0f", x)
}

func bytesText(n int64) string {
	if n >= 1<<30 {
		return fmt.Sprintf("%.2fG", float64(n)/(1<<30))
	}
	return fmt.Sprintf("%dM", n>>20)
}

func thousands(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/ortrain/ortrain/ortrain/checkpoint/disk"
)

// relay hands signals to the stage under way, which ends as its command does.
// Between stages, and from the second signal on, it cancels the whole.
type relay struct {
	cancel context.CancelFunc
	to     chan os.Signal
	quit   chan struct{}
	ended  chan struct{}

	mu   sync.Mutex
	busy bool
	seen int
}

func (s *stager) startRelay(cancel context.CancelFunc) *relay {
	r := &relay{cancel: cancel, to: make(chan os.Signal, 8), quit: make(chan struct{}), ended: make(chan struct{})}
	from := s.env.Signals
	s.env.Signals = r.to
	go func() {
		defer close(r.ended)
		for {
			select {
			case <-r.quit:
				return
			case sig, open := <-from:
				if !open {
					return
				}
				r.pass(sig)
			}
		}
	}()
	return r
}

func (r *relay) pass(sig os.Signal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen++; r.seen > 1 || !r.busy {
		r.cancel()
		return
	}
	r.to <- sig
}

// stage says whether a stage is under way.
func (r *relay) stage(busy bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.busy = busy; r.seen > 0 {
		r.cancel()
	}
}

// stop ends the relay and says whether there were signals.
func (r *relay) stop() bool {
	close(r.quit)
	<-r.ended
	r.cancel()
	return r.seen > 0
}

// watchdog passes on what stages print, and says that they are alive when they
// have printed nothing for a while.
type watchdog struct {
	out   io.Writer
	now   func() time.Time
	quiet bool

	// dir is the output folder: what a stage says of the hidden name of its
	// folder there is shown with the name that the folder is going to have.
	dir string

	mu          sync.Mutex
	stage       string
	began, last time.Time
	midLine     bool
}

// Write implements io.Writer.
func (w *watchdog) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last = w.now()
	if len(p) > 0 {
		w.midLine = p[len(p)-1] != '\n'
	}
	shown := bytes.ReplaceAll(p, []byte(disk.Partial(filepath.Join(w.dir, w.stage))), []byte(filepath.Join(w.dir, w.stage)))
	if _, err := w.out.Write(shown); err != nil {
		return 0, err
	}
	return len(p), nil
}

// begin says what is under way.
func (w *watchdog) begin(stage string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stage, w.began, w.last = stage, w.now(), w.now()
}

// start begins to watch; what it returns ends that.
func (w *watchdog) start() (stop func()) {
	quit, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-quit:
				return
			case <-tick.C:
				w.look()
			}
		}
	}()
	return func() { close(quit); <-ended }
}

// look prints a line if it is time for one.
func (w *watchdog) look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.now()
	if w.quiet || now.Sub(w.last) < atMost {
		return
	}
	w.last = now
	lead := ""
	if w.midLine {
		lead, w.midLine = "\n", false
	}
	fmt.Fprintf(w.out, "%s%s: under way for %s\n", lead, w.stage, now.Sub(w.began).Round(time.Second))
}

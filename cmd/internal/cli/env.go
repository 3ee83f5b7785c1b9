// Package cli is the command line: it turns flags, environment and
// configuration files into the structs of the library, shows people what
// happens, and turns errors into hints and exit codes.
//
// Nouns: an Env is everything of the operating system that a command touches;
// Run holds all options of a run; each command is one file.
//
// Main never exits the process and touches nothing outside its Env but files,
// so that tests run commands in-process.
package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Env is the door to the process.
type Env struct {
	Args           []string
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Getenv         func(string) string
	// Signals delivers interrupts; nil never does.
	Signals <-chan os.Signal
	Now     func() time.Time
	// Terminal says that Stderr is one, so that a line can be redrawn.
	Terminal bool
	// Command returns a process that runs this program with other arguments, and
	// without the options in the environment; nil where there is no such thing.
	Command func(ctx context.Context, args ...string) *exec.Cmd
}

// OS returns the Env of this process.
func OS() Env {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	info, err := os.Stderr.Stat()
	return Env{
		Args: os.Args, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Getenv: os.Getenv, Signals: signals, Now: time.Now,
		Terminal: err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb",
		Command:  again,
	}
}

// again runs this program.
func again(ctx context.Context, args ...string) *exec.Cmd {
	path, err := os.Executable()
	c := exec.CommandContext(ctx, path, args...)
	if err != nil {
		c.Err = err
	}
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		if option, ours := strings.CutPrefix(name, variables); !ours || known(strings.ToLower(option)) != nil {
			c.Env = append(c.Env, pair)
		}
	}
	return c
}

// interrupts turns signals into the end of what a command does.
type interrupts struct {
	// stop is closed by the first signal that comes between soften and harden:
	// the step under way is finished and saved. Every other signal cancels the
	// context.
	stop chan struct{}

	mu       sync.Mutex
	soft     bool
	stopping bool

	cancel   context.CancelFunc
	finished chan struct{}
}

// interrupts watches the signals until close.
func (e Env) interrupts(parent context.Context) (context.Context, *interrupts) {
	ctx, cancel := context.WithCancel(parent)
	i := &interrupts{stop: make(chan struct{}), cancel: cancel, finished: make(chan struct{})}
	go i.watch(ctx, e.Signals)
	return ctx, i
}

func (i *interrupts) watch(ctx context.Context, signals <-chan os.Signal) {
	defer close(i.finished)
	for {
		select {
		case <-ctx.Done():
			return
		case _, open := <-signals:
			if !open {
				return
			}
			if !i.ask() {
				i.cancel()
				return
			}
		}
	}
}

// ask closes stop and reports whether this was the time for it.
func (i *interrupts) ask() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.stopping || !i.soft {
		return false
	}
	i.stopping = true
	close(i.stop)
	return true
}

// soften begins the time in which a signal asks for a stop.
func (i *interrupts) soften() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.soft = true
}

// harden ends it. A signal that came too late for a stop ends what follows.
func (i *interrupts) harden() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.soft = false
	if i.stopping {
		i.cancel()
	}
}

// close waits for the end of watching.
func (i *interrupts) close() {
	i.cancel()
	<-i.finished
}

// interruptible makes an action end at the first signal.
func interruptible(action func(context.Context, Env, Run) error) func(context.Context, Env, Run) error {
	return func(ctx context.Context, e Env, run Run) error {
		ctx, i := e.interrupts(ctx)
		defer i.close()
		return interrupted(ctx, action(ctx, e, run), "")
	}
}

// interrupted puts the words for people on an error that a signal has caused.
func interrupted(ctx context.Context, err error, hint string) error {
	if err == nil || ctx.Err() == nil {
		return err
	}
	return fail(ExitInterrupted, fmt.Errorf("interrupted: %w", err), hint)
}

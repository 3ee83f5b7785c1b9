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
	"io"
	"os"
	"os/signal"
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
	}
}

// interrupts closes stop at the first signal and cancels the context at the
// second, until the returned function is called, which waits for its end.
func (e Env) interrupts(parent context.Context) (ctx context.Context, stop <-chan struct{}, done func()) {
	ctx, cancel := context.WithCancel(parent)
	asked, finished := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(finished)
		for seen := 0; ; {
			select {
			case <-ctx.Done():
				return
			case _, open := <-e.Signals:
				if !open {
					return
				}
				if seen++; seen == 1 {
					close(asked)
				} else {
					cancel()
					return
				}
			}
		}
	}()
	return ctx, asked, func() { cancel(); <-finished }
}

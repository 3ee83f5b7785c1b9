package cli

import (
	"context"
	"fmt"
	"runtime"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ortrain/ortrain/ortrain/native"
	"github.com/ortrain/ortrain/ortrain/ort"
)

func doctorCommand(e Env) *cli.Command {
	return command(e, "doctor", "show what was found of libraries and hardware, and what to do", "", []string{"onnxruntime", "provider", "device_id"},
		func(_ context.Context, e Env, run Run) error {
			row := func(name, format string, args ...any) {
				fmt.Fprintf(e.Stdout, "%-20s %s\n", name, fmt.Sprintf(format, args...))
			}
			row("ortrain", "%s, %s, %s/%s", Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			row("cores", "%d", runtime.GOMAXPROCS(0))
			row("native kernels", "%s", native.New(1).Form())
			if dir, err := ort.DepsDir(); err == nil {
				row("dependencies", "%s", dir)
			}
			lib, err := ort.Find(run.Library)
			if err != nil {
				return err
			}
			row("onnxruntime", "%s at %s", lib.Version, lib.Path)
			for _, note := range lib.Notes {
				row("", "passed over: %s", note)
			}
			env, err := openRuntime(run)
			if err != nil {
				return err
			}
			defer env.Close()
			providers, err := env.Providers()
			if err != nil {
				return err
			}
			row("providers", "%s", strings.Join(providers, ", "))
			if err := tryProvider(env, run); err != nil {
				return err
			}
			row("provider "+run.Provider, "works")
			return nil
		})
}

// tryProvider opens a one-node session on the provider asked for.
func tryProvider(env *ort.Env, run Run) error {
	s, err := env.NewSession(identityModel(), ort.Options{
		Name: "doctor", IntraOpThreads: 1, Provider: ort.Provider{Name: run.Provider, DeviceID: run.DeviceID},
	})
	if err != nil {
		return err
	}
	return s.Close()
}

package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ortrain/ortrain/ortrain/ort"
)

// versionCommand prints what --version leaves out: everything that is linked.
// A missing ONNX Runtime is a line of it and no error, for it is loaded later.
func versionCommand(e Env) *cli.Command {
	return &cli.Command{
		Name: "version", Usage: "show the versions of the program and of all that is linked into it",
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return usage("version takes no argument; %q is one too many", c.Args().First())
			}
			fmt.Fprintf(e.Stdout, "ortrain %s\n%s %s/%s\n", Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			if lib, err := ort.Find(""); err == nil {
				fmt.Fprintf(e.Stdout, "onnxruntime %s, loaded from %s\n", lib.Version, lib.Path)
			} else {
				fmt.Fprintln(e.Stdout, "onnxruntime not found; ortrain doctor says where it was looked for")
			}
			if info, ok := debug.ReadBuildInfo(); ok {
				for _, m := range info.Deps {
					if m.Replace != nil {
						m = m.Replace
					}
					fmt.Fprintf(e.Stdout, "%s %s\n", m.Path, m.Version)
					if m.Path == "github.com/daulet/tokenizers" { // whose linking fails with a library of another version
						fmt.Fprintf(e.Stdout, "libtokenizers %s\n", strings.TrimPrefix(m.Version, "v"))
					}
				}
			}
			return nil
		},
	}
}

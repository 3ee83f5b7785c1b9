package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ortrain/ortrain/pipeline"
	"github.com/ortrain/ortrain/pipeline/clean/pii"
	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sink"
)

// scrubbing holds the options of scrub.
type scrubbing struct {
	conversion `yaml:",inline"`

	Types       string `yaml:"types"`
	Replace     string `yaml:"replace"`
	MaskKeep    int    `yaml:"mask_keep"`
	KeyFile     string `yaml:"key_file"`
	Patterns    string `yaml:"patterns"`
	Names       string `yaml:"names"`
	FamilyNames string `yaml:"family_names"`
	Allow       string `yaml:"allow"`
	AuditFile   string `yaml:"audit_file"`
	DryRun      bool   `yaml:"dry_run"`
	Check       bool   `yaml:"check"`
	Workers     int    `yaml:"dataloader_num_workers"`
	Quiet       bool   `yaml:"quiet"`
}

// scrubUsages says what the options of scrub do that convert does not have.
var scrubUsages = map[string]string{
	"types":                  "`TYPES` to look for, with commas between (default: all; ortrain list recognisers shows them)",
	"replace":                "placeholder, mask or pseudonym for all; TYPE=`HOW` after a comma for one type: placeholder,CARD=mask",
	"mask_keep":              "leave the last `N` characters of masked values that are more than twice as long",
	"key_file":               "`FILE` with the secret key of pseudonyms, 16 bytes or more (default: the variable " + keyVariable + ")",
	"patterns":               "`FILES` with own patterns, YAML or JSON",
	"names":                  "`FILES` with given names, one a line; without them persons are not looked for",
	"family_names":           "`FILES` with family names, one a line",
	"allow":                  "`FILES` with values that stay, one a line, such as the address of the own help desk",
	"audit_file":             "`FILE` for types, counts and row ids of what was found (default: beside the output, .audit.json)",
	"dry_run":                "count only: OUT is not written",
	"check":                  "count only, and end with exit code 4 if something is found",
	"dataloader_num_workers": "`GOROUTINES` that look for it",
}

// keyVariable is the environment variable with the key of pseudonyms.
const keyVariable = "ORTRAIN_PII_KEY"

func defaultScrubbing() scrubbing {
	return scrubbing{conversion: defaultConversion(), Replace: string(pii.Placeholder), Workers: min(4, runtime.GOMAXPROCS(0))}
}

func scrubCommand(e Env) *cli.Command {
	given := defaultScrubbing()
	flags := structFlags(&given, scrubUsages, conversionUsages)
	return &cli.Command{
		Name: "scrub", Usage: "find personal data and secrets in files and replace them", ArgsUsage: "IN... OUT", Flags: flags,
		Description: "IN and OUT are as those of convert; --check takes IN only. Texts, labels, tokens,\n" +
			"tags and spans are kept, other columns are not: nobody has looked at them. Labels are not changed.",
		Action: func(c *cli.Context) error {
			in, out := c.Args().Slice(), ""
			switch {
			case given.Check && len(in) == 0:
				return usage("scrub takes what to read: ortrain scrub --check IN...")
			case !given.Check && len(in) < 2:
				return usage("scrub takes what to read and what to write: ortrain scrub IN... OUT, or only what to read with --check")
			case !given.Check:
				in, out = in[:len(in)-1], in[len(in)-1]
			}
			if given.DryRun {
				out = ""
			}
			ctx, i := e.interrupts(c.Context)
			defer i.close()
			return interrupted(ctx, scrub(ctx, e, given, in, out), "nothing was written")
		},
	}
}

// scrub reads, replaces and writes; without an output it only counts.
func scrub(ctx context.Context, e Env, o scrubbing, in []string, path string) (err error) {
	if err := writable("the output", path, false); err != nil {
		return err
	}
	set, memory, err := o.open(ctx, e, in, path)
	if err != nil {
		return err
	}
	s, err := o.scrubber(e, memory)
	if err != nil {
		return err
	}
	var out *sink.File
	if path != "" {
		if out, err = o.create(e, set, in, path, memory); err != nil {
			return err
		}
		defer func() { err = first(err, out.Close()) }()
	}
	if _, err := copyRows(ctx, pipeline.Map(set.Rows(), max(1, o.Workers), s.Rows), out); err != nil {
		return err
	}
	audit := scrubAudit{Version: Version, Input: bases(set.Paths()), Replace: o.Replace, Types: s.Types(), NotCarried: left(set), Audit: s.Audit()}
	if err := o.finish(ctx, out, path, audit); err != nil {
		return err
	}
	o.tell(e, audit)
	if n := audit.Found; o.Check && n > 0 {
		return fail(ExitGate, fmt.Errorf("personal data or secrets in %s: %s", plural(n, "row", "rows"), audit.Matches),
			"ortrain scrub IN... OUT replaces them; --audit_file lists the rows")
	}
	return nil
}

// scrubber builds the library's configuration.
func (o scrubbing) scrubber(e Env, memory *record.Allocator) (*pii.Scrubber, error) {
	cfg := pii.Default()
	cfg.Types, cfg.Keep, cfg.Memory = split(o.Types), o.MaskKeep, memory
	cfg.Patterns, cfg.Names = split(o.Patterns), pii.Names{Given: split(o.Names), Family: split(o.FamilyNames)}
	cfg.Allow = split(o.Allow)
	cfg.ByType = make(map[string]pii.Replacement)
	for _, part := range split(o.Replace) {
		typ, how, one := strings.Cut(part, "=")
		if one {
			cfg.ByType[strings.ToUpper(typ)] = pii.Replacement(how)
		} else {
			cfg.Replace = pii.Replacement(part)
		}
	}
	key, err := o.key(e)
	if err != nil {
		return nil, err
	}
	cfg.Key = key
	s, err := pii.New(cfg)
	if errors.Is(err, pii.ErrConfig) && cfg.Key == nil {
		return nil, fail(ExitUsage, err, "pseudonyms take their key from --key_file or "+keyVariable)
	}
	return s, err
}

// key reads the key of pseudonyms; nil where none is given.
func (o scrubbing) key(e Env) ([]byte, error) {
	if o.KeyFile == "" {
		if text := e.Getenv(keyVariable); text != "" {
			return []byte(text), nil
		}
		return nil, nil
	}
	key, err := os.ReadFile(o.KeyFile)
	if err != nil {
		return nil, usage("--key_file: %w", err)
	}
	return bytes.TrimRight(key, "\r\n"), nil
}

// scrubAudit is the audit file: types, counts and rows, never a value.
type scrubAudit struct {
	Version    string   `json:"ortrain_version"`
	Input      []string `json:"input"`
	Replace    string   `json:"replace"`
	Types      []string `json:"types"`
	NotCarried []string `json:"columns_not_carried_over,omitempty"`
	pii.Audit
}

// auditPath is where the audit goes: where it is asked for, else beside the
// output.
func (o scrubbing) auditPath(out string) string {
	if o.AuditFile != "" || out == "" || out == sink.Stdout {
		return o.AuditFile
	}
	return beside(out, ".audit.json")
}

// finish writes output and audit: first the audit under another name, so that
// neither is there without the other.
func (o scrubbing) finish(ctx context.Context, out *sink.File, output string, audit scrubAudit) error {
	path := o.auditPath(output)
	if path != "" {
		text, err := json.MarshalIndent(audit, "", " ")
		if err != nil {
			return err
		}
		partial := beside(path, ".partial")
		if err := writeFile(partial, append(text, '\n')); err != nil {
			return err
		}
		defer os.Remove(partial) // which fails, as it should, when it has its name
	}
	if out != nil {
		if err := out.Commit(ctx); err != nil {
			return err
		}
	}
	if path == "" {
		return nil
	}
	return os.Rename(beside(path, ".partial"), path)
}

// tell says on standard error what was found.
func (o scrubbing) tell(e Env, audit scrubAudit) {
	if o.Quiet {
		return
	}
	fmt.Fprintf(e.Stderr, "%s read, something found in %s\n", plural(audit.Rows, "row", "rows"), thousands(audit.Found))
	types := make([]string, 0, len(audit.Matches))
	for typ := range audit.Matches {
		types = append(types, typ)
	}
	slices.Sort(types)
	for _, typ := range types {
		fmt.Fprintf(e.Stderr, "  %-16s %s\n", typ, thousands(int64(audit.Matches[typ])))
	}
	if !o.DryRun && !o.Check && len(audit.NotCarried) > 0 {
		fmt.Fprintf(e.Stderr, "columns not carried over: %s\n", strings.Join(audit.NotCarried, ", "))
	}
}

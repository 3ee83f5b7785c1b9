package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ortrain/ortrain/pipeline"
	"github.com/ortrain/ortrain/pipeline/clean/pii"
	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sink"
	"github.com/ortrain/ortrain/pipeline/source"
)

// ScrubOptions are the options of ortrain scrub.
type ScrubOptions struct {
	FileOptions `yaml:",inline"`

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
}

// keyVariable is the environment variable with the key of pseudonyms.
const keyVariable = "ORTRAIN_PII_KEY"

func defaultScrub() *ScrubOptions {
	return &ScrubOptions{
		FileOptions: FileOptions{LabelType: "auto", Workers: min(4, runtime.GOMAXPROCS(0))},
		Replace:     string(pii.Placeholder),
	}
}

func scrubCommand(e Env) *cli.Command {
	return structCommand(e, "scrub", "find personal data and secrets in a file and replace them", defaultScrub, scrub)
}

// scrub reads, replaces and writes; with --dry_run and --check it only counts.
func scrub(ctx context.Context, e Env, o ScrubOptions) (err error) {
	counting := o.DryRun || o.Check
	need := []string{"input", o.Input}
	if !counting {
		need = append(need, "output", o.Output)
	}
	if err := must(need...); err != nil {
		return err
	}
	memory := new(record.Allocator)
	s, err := o.scrubber(e, memory)
	if err != nil {
		return err
	}
	set, err := o.open(ctx, e, memory)
	if err != nil {
		return err
	}
	var out *sink.File
	if !counting {
		if out, err = o.create(e, set, memory); err != nil {
			return err
		}
		defer func() { err = first(err, out.Close()) }()
	}
	if err := o.run(ctx, set, s, out); err != nil {
		return err
	}
	audit := scrubAudit{
		Version: Version, Input: bases(set.Paths()), Replace: o.Replace, Types: s.Types(), NotCarried: left(set), Audit: s.Audit(),
	}
	if err := o.finish(ctx, out, audit); err != nil {
		return err
	}
	o.tell(e, audit)
	if n := audit.Found; o.Check && n > 0 {
		return fail(ExitGate, fmt.Errorf("personal data or secrets in %s: %s", plural(n, "row", "rows"), audit.Matches), "ortrain scrub --output FILE replaces them; --audit_file lists the rows")
	}
	return nil
}

// scrubber builds the library's configuration.
func (o ScrubOptions) scrubber(e Env, memory *record.Allocator) (*pii.Scrubber, error) {
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
func (o ScrubOptions) key(e Env) ([]byte, error) {
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

// run passes all rows through the scrubber, to the output if there is one.
func (o ScrubOptions) run(ctx context.Context, set *source.Set, s *pii.Scrubber, out *sink.File) (err error) {
	rows := pipeline.Map(set.Rows(), max(1, o.Workers), s.Rows)
	defer func() { err = first(err, rows.Close()) }()
	for {
		batch, err := rows.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if out != nil {
			err = out.Write(ctx, batch)
		}
		batch.Release()
		if err != nil {
			return err
		}
	}
}

// first keeps the error of closing only where there was none before.
func first(err, closing error) error {
	if err != nil {
		return err
	}
	return closing
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
func (o ScrubOptions) auditPath(out *sink.File) string {
	if o.AuditFile != "" || out == nil || o.Output == sink.Stdout {
		return o.AuditFile
	}
	return beside(o.Output, ".audit.json")
}

// finish writes output and audit: first the audit under another name, so that
// neither is there without the other.
func (o ScrubOptions) finish(ctx context.Context, out *sink.File, audit scrubAudit) error {
	path := o.auditPath(out)
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
func (o ScrubOptions) tell(e Env, audit scrubAudit) {
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

package cli_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// shell turns the commands of documents into a script. It knows the little that
// documents need: one command a line, \ at the end of a line, quotes, comments,
// NAME=value and $NAME, ~, and cat >FILE <<'EOF'. What it knows of commands:
//
//	bin/ortrain ARGS…         is run; "# exit code N" behind it says how it ends
//	ortrain data install …    is not run, but the pack must be known
//	make TARGETS…             must have these targets
//	eval "$(make -s env)"     the same
//	go build|run|test ./PKG…  must have these packages
//
// All else is an error.
type shell struct {
	script    strings.Builder
	files     map[string]string
	variables map[string]string
}

var (
	remark     = regexp.MustCompile(`(^|\s+)#( .*|$)`)
	exitCode   = regexp.MustCompile(`# exit code (\d+)`)
	assignment = regexp.MustCompile(`^([A-Z][A-Z_]*)=(.*)$`)
	heredoc    = regexp.MustCompile(`^cat >(\S+) <<'EOF'$`)
	variable   = regexp.MustCompile(`\$([A-Z][A-Z_]*)`)
	word       = regexp.MustCompile(`'[^']*'|"[^"]*"|[^\s'"]+`)
)

// block adds the commands of a block.
func (s *shell) block(text string) error {
	text = strings.ReplaceAll(text, "\\\n", " ")
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		if m := heredoc.FindStringSubmatch(lines[i]); m != nil {
			end := slices.Index(lines[i:], "EOF")
			if end < 0 {
				return fmt.Errorf("%s: no line EOF ends it", lines[i])
			}
			s.files[m[1]] = strings.Join(lines[i+1:i+end], "\n") + "\n"
			i += end
			continue
		}
		code := "0"
		if m := exitCode.FindStringSubmatch(lines[i]); m != nil {
			code = m[1]
		}
		line := strings.TrimSpace(remark.ReplaceAllString(lines[i], ""))
		if line == "" {
			continue
		}
		if err := s.command(line, code); err != nil {
			return fmt.Errorf("%s: %w", line, err)
		}
	}
	return nil
}

// command adds one command.
func (s *shell) command(line, code string) error {
	if line == `eval "$(make -s env)"` {
		fmt.Fprintln(&s.script, "targets env")
		return nil
	}
	words, err := s.words(line)
	if err != nil {
		return err
	}
	if m := assignment.FindStringSubmatch(words[0]); m != nil && len(words) == 1 {
		s.variables[m[1]] = m[2]
		return nil
	}
	switch args := quoted(words[1:]); words[0] {
	case "bin/ortrain", "ortrain":
		if len(words) > 3 && words[1] == "data" && words[2] == "install" {
			for _, pack := range words[3:] {
				fmt.Fprintf(&s.script, "ortrain data list\nstdout '^%s '\n", regexp.QuoteMeta(pack))
			}
			return nil
		}
		if code == "0" {
			fmt.Fprintln(&s.script, "ortrain "+args)
		} else {
			fmt.Fprintf(&s.script, "exits %s ortrain %s\n", code, args)
		}
	case "make":
		if len(words) < 2 {
			return fmt.Errorf("which target?")
		}
		fmt.Fprintln(&s.script, "targets "+args)
	case "go":
		if len(words) != 3 || !slices.Contains([]string{"build", "run", "test"}, words[1]) || !strings.HasPrefix(words[2], "./") {
			return fmt.Errorf("go build, run or test and one ./PACKAGE are expected")
		}
		fmt.Fprintln(&s.script, "golist "+words[2])
	default:
		return fmt.Errorf("no test knows how to run %q; teach it in shell_test.go", words[0])
	}
	return nil
}

// words cuts a line into words and puts in what variables hold.
func (s *shell) words(line string) ([]string, error) {
	if rest := word.ReplaceAllString(line, ""); strings.TrimSpace(rest) != "" {
		return nil, fmt.Errorf("quotes do not match")
	}
	var out []string
	end := -1
	for _, at := range word.FindAllStringIndex(line, -1) {
		w := line[at[0]:at[1]]
		literal := w[0] == '\''
		if quote := w[0]; quote == '\'' || quote == '"' {
			w = w[1 : len(w)-1]
		} else if i := strings.IndexAny(w, "|&;<>`()*?["); i >= 0 {
			return nil, fmt.Errorf("%q is not known to this shell", w[i])
		}
		if !literal {
			for _, m := range variable.FindAllStringSubmatch(w, -1) {
				if _, ok := s.variables[m[1]]; !ok {
					return nil, fmt.Errorf("$%s is not set before", m[1])
				}
			}
			w = variable.ReplaceAllStringFunc(w, func(name string) string { return s.variables[name[1:]] })
			if strings.Contains(w, "$") {
				return nil, fmt.Errorf("%q is not known to this shell", w)
			}
		}
		if at[0] == end {
			out[len(out)-1] += w
		} else {
			out = append(out, w)
		}
		end = at[1]
	}
	return out, nil
}

// quoted writes words for a script.
func quoted(words []string) string {
	var out []string
	for _, w := range words {
		w = "'" + strings.ReplaceAll(w, "'", "''") + "'"
		if rest, ok := strings.CutPrefix(w, "'~/"); ok {
			w = "$HOME'/" + rest
		}
		out = append(out, w)
	}
	return strings.Join(out, " ")
}

// What the shell of the documents makes of commands, and what it refuses.
func TestShell(t *testing.T) {
	s := shell{files: make(map[string]string), variables: make(map[string]string)}
	err := s.block("make demo    # all\n# nothing\nMODEL=~/models/x # there\ncat >p.yaml <<'EOF'\nname: x # y\nEOF\n" +
		"bin/ortrain probe --model_name_or_path $MODEL \\\n  --compare \"a b=c\"\nortrain scrub --check t.csv   # exit code 4\nbin/ortrain data install wordnet\neval \"$(make -s env)\"\ngo test ./export\n")
	want := "targets 'demo'\nortrain 'probe' '--model_name_or_path' $HOME'/models/x' '--compare' 'a b=c'\nexits 4 ortrain 'scrub' '--check' 't.csv'\n" +
		"ortrain data list\nstdout '^wordnet '\ntargets env\ngolist ./export\n"
	if err != nil || s.script.String() != want || s.files["p.yaml"] != "name: x # y\n" {
		t.Errorf("%v, files %q, got:\n%s\nwant:\n%s", err, s.files, s.script.String(), want)
	}
	for _, line := range []string{
		"curl https://example.org", "make", "bin/ortrain eval $OTHER", "bin/ortrain list | head", "bin/ortrain version && bin/ortrain doctor", "bin/ortrain version > x",
		"go vet ./...", "go test ort", "bin/ortrain --name 'x", "bin/ortrain $(pwd)", "cd x", "rm -rf out", "X=1 bin/ortrain version", "cat >x <<'EOF'\nnever ends",
	} {
		s := shell{files: make(map[string]string), variables: make(map[string]string)}
		if err := s.block(line + "\n"); err == nil {
			t.Errorf("%s: understood as %q", line, s.script.String())
		}
	}
}

package cli_test

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ortrain/ortrain/cmd/internal/cli"
)

// mistake is a command line that a newcomer gets wrong. Its message names the
// thing, the place and the fix; args are split at spaces, and TRAIN stands for
// a run that is right but for what follows.
type mistake struct {
	name, args        string
	code              int
	thing, place, fix string
}

const trainRight = "train --config_name tiny/config.json --output_dir out --threads 1 --max_steps 1"

// mistakeFiles are what the mistakes are made with.
var mistakeFiles = map[string]string{
	"empty.csv": "", "header.csv": "text,label\n", "cols.csv": "a,b\n1,2\n",
	"quote.csv": "text,label\n\"good,a\nbad,b\n", "ragged.csv": "text,label\ngood\nbad,b,c\n",
	"latin.csv": "text,label\n\xff\xfe,a\nb,b\n", "bad.jsonl": "{\"text\": \"a\", \"label\": 1\n",
	"cut.parquet": "x", "noending": "text,label\na,b\n",
	"typo.yaml": "learnin_rate: 1\n", "broken.yaml": "a: [\n", "value.yaml": "seed: 1\nlearning_rate: fast\n",
	"half.csv": "text,label\na,0.5\nb,1.0\n", "one.csv": "text,label\na,x\nb,x\n",
	"recipe.yaml": "stags: {}\n", "emptydir/.keep": "",
}

var mistakes = []mistake{
	{"command misspelt", "trian", cli.ExitUsage, "command", "trian", "did you mean train"},
	{"flag misspelt", "train --learnin_rate 1", cli.ExitUsage, "option", "--learnin_rate", "did you mean --learning_rate"},
	{"flag without value", "train --learning_rate", cli.ExitUsage, "value", "--learning_rate", "needs a value"},
	{"word for a number", "train --learning_rate fast", cli.ExitUsage, "fast", "--learning_rate", "not a number"},
	{"negative rate", "TRAIN --train_file tiny/train.csv --learning_rate=-1", cli.ExitUsage, "-1", "learning_rate", "must not be negative"},
	{"one argument too many", "version now", cli.ExitUsage, "now", "version", "takes no argument"},
	{"no training file", "TRAIN", cli.ExitUsage, "needed", "--train_file", "is needed"},
	{"file not there", "TRAIN --train_file no.csv", cli.ExitData, "no such file", "no.csv", "hint: check the path"},
	{"empty file", "TRAIN --train_file empty.csv", cli.ExitData, "empty", "empty.csv", "a header row is expected"},
	{"header only", "TRAIN --train_file header.csv", cli.ExitData, "no rows", "header.csv", "hint: a header row and at least one row"},
	{"folder for a file", "TRAIN --train_file emptydir", cli.ExitData, "no data file", "emptydir", "hint: a header row and at least one row"},
	{"no ending", "TRAIN --train_file noending", cli.ExitData, "extension", "noending", "expected one of"},
	{"other columns", "TRAIN --train_file cols.csv", cli.ExitData, "no column", "cols.csv", "set text_column"},
	{"text column misspelt", "TRAIN --train_file tiny/train.csv --text_column txt", cli.ExitData, `"txt"`, "train.csv", `did you mean "text"`},
	{"label column misspelt", "TRAIN --train_file tiny/train.csv --label_column lable", cli.ExitData, `"lable"`, "train.csv", `did you mean "label"`},
	{"label on a scale", "TRAIN --train_file half.csv", cli.ExitData, "0.5", "half.csv", "classes are names or whole numbers"},
	{"one class only", "TRAIN --train_file one.csv", cli.ExitData, `"x"`, "one.csv", "look whether the column is the right one"},
	{"open quote", "TRAIN --train_file quote.csv", cli.ExitData, "never closed", "quote.csv row 1 (line 2)", "double the quotes"},
	{"comma in a text", "TRAIN --train_file ragged.csv", cli.ExitData, "1 fields", "ragged.csv row 1 (line 2)", "quote texts"},
	{"not UTF-8", "TRAIN --train_file latin.csv", cli.ExitData, "UTF-8", "latin.csv row 1 (line 2)", "convert the file to UTF-8"},
	{"cut JSON line", "TRAIN --train_file bad.jsonl", cli.ExitData, "byte 25", "bad.jsonl row 1", "is expected"},
	{"cut Parquet", "TRAIN --train_file cut.parquet", cli.ExitData, "1 bytes", "cut.parquet", "too few for Parquet"},
	{"configuration not there", "train no.yaml", cli.ExitUsage, "no such file", "no.yaml", "hint: check the path"},
	{"key misspelt", "train typo.yaml", cli.ExitUsage, "learnin_rate", "typo.yaml, line 1", "did you mean learning_rate"},
	{"broken YAML", "train broken.yaml", cli.ExitUsage, "yaml", "broken.yaml", "did not find expected"},
	{"word for a number in YAML", "train value.yaml", cli.ExitUsage, "fast", "value.yaml, line 2: learning_rate", "a number is expected"},
	{"unknown stage", "run recipe.yaml", cli.ExitUsage, "stags", "recipe.yaml, line 1", "did you mean"},
	{"unknown cleaning", "clean --clean clasic tiny/train.csv c.csv", cli.ExitUsage, "clasic", "--clean", `did you mean "classic"`},
	{"unknown augmentation", "augment --augment eda2 tiny/train.csv a.csv", cli.ExitUsage, "eda2", "--augment", "did you mean eda"},
	{"unknown adversary", "TRAIN --train_file tiny/train.csv --adversary fgn", cli.ExitUsage, "fgn", "adversary", "did you mean fgm"},
	{"unknown pack", "data install wordnett", cli.ExitUsage, "wordnett", "pack", "wordnet"},
	{"unknown format", "convert tiny/train.csv c.xyz", cli.ExitUsage, ".xyz", "c.xyz", "expected one of"},
	{"empty model folder", "train --model_name_or_path emptydir --train_file tiny/train.csv --output_dir out", cli.ExitData, "config.json", "emptydir", "hint: a model folder holds"},
	{"model folder without files", "train --model_name_or_path nomodel --train_file tiny/train.csv --output_dir out", cli.ExitData, "neither tokenizer.json nor vocab.txt", "nomodel", "put the files of the pretrained model there"},
	{"nothing to resume", "resume emptydir", cli.ExitData, "nothing was begun", "emptydir", "hint:"},
	{"output folder is a file", "train --config_name tiny/config.json --train_file tiny/train.csv --output_dir noending/out", cli.ExitUsage, "not a directory", "noending/out", "hint: "},
	{"library not there", "TRAIN --train_file tiny/train.csv --onnxruntime nolib.so", cli.ExitEnvironment, "no ONNX Runtime library", "nolib.so", "make deps"},
}

// TestMistakes makes each mistake and reads the message.
func TestMistakes(t *testing.T) {
	needLibrary(t)
	tiny, err := filepath.Abs(filepath.Join(testdata, "tiny"))
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if err := os.CopyFS("tiny", os.DirFS(tiny)); err != nil {
		t.Fatal(err)
	}
	config, err := os.ReadFile("tiny/config.json")
	if err != nil {
		t.Fatal(err)
	}
	files := maps.Clone(mistakeFiles)
	files["nomodel/config.json"] = string(config)
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove("emptydir/.keep"); err != nil {
		t.Fatal(err)
	}
	for _, m := range mistakes {
		t.Run(strings.ReplaceAll(m.name, " ", "_"), m.check)
	}
}

func (m mistake) check(t *testing.T) {
	var said bytes.Buffer
	args := strings.Fields(strings.Replace(m.args, "TRAIN", trainRight, 1))
	code := cli.Main(cli.Env{
		Args: append([]string{"ortrain"}, args...), Stdin: strings.NewReader(""), Stdout: &said, Stderr: &said,
		Getenv: func(string) string { return "" }, Now: time.Now, Command: again,
	})
	if code != m.code {
		t.Errorf("exit code %d; %d is expected", code, m.code)
	}
	for _, want := range []string{m.thing, m.place, m.fix} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("the message does not say %q", want)
		}
	}
	if t.Failed() {
		t.Logf("ortrain %s\n%s", strings.Join(args, " "), said.String())
	}
}

package cli_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ortrain/ortrain/cmd/internal/cli"
)

// mistake is a command line that a newcomer gets wrong. Its message names the
// thing, the place and the fix; args are split at spaces, and TRAIN stands for
// a run that is right but for what follows, MODEL for one with a model folder.
// Words with a = before the command are the environment.
type mistake struct {
	name, args        string
	code              int
	thing, place, fix string
}

const (
	trainRight = "train --config_name tiny/config.json --output_dir out --threads 1 --max_steps 1"
	modelRight = "train --train_file tiny/train.csv --output_dir out --model_name_or_path"
)

// mistakeFiles are what the mistakes are made with.
var mistakeFiles = map[string]string{
	"empty.csv": "", "header.csv": "text,label\n", "cols.csv": "a,b\n1,2\n",
	"quote.csv": "text,label\n\"good,a\nbad,b\n", "ragged.csv": "text,label\ngood\nbad,b,c\n",
	"latin.csv": "text,label\n\xff\xfe,a\nb,b\n", "bad.jsonl": "{\"text\": \"a\", \"label\": 1\n",
	"cut.parquet": "x", "noending": "text,label\na,b\n",
	"typo.yaml": "learnin_rate: 1\n", "broken.yaml": "a: [\n", "value.yaml": "seed: 1\nlearning_rate: fast\n",
	"half.csv": "text,label\na,0.5\nb,1.0\n", "one.csv": "text,label\na,x\nb,x\n",
	"recipe.yaml": "stags: {}\n", "emptydir/.keep": "",
	"colon.yaml": "output_dir: out\ndata: tiny/train.csv\n  train:\n", "tab.yaml": "output_dir: out\ntrain:\n\tseed: 1\n", "list.yaml": "- a\n",
	"quote.yaml": "output_dir: \"out\n", "steps.yaml": "steps: [\n", "good.yaml": "output_dir: out\ndata: tiny/train.csv\nsplit:\n",
	"zip.csv": "PK\x03\x04\x14\x00", "gzip.csv": "\x1f\x8b\x08\x00", "picture.csv": "\x89PNG\r\n\x1a\n", "zeros.csv": "abc\x00\x01\x02",
	"wide.csv": "\xff\xfet\x00e\x00", "semicolons.csv": "text;label\na;b\n", "twice.csv": "text,text,label\na,b,c\n", "nolabel.csv": "text,label\na,x\nb,\nc,y\n",
	"other.csv": "txt,label\ngood,yes\n", "newlabel.csv": "text,label\ngood,yes\nbad,maybe\n", "tags.tsv": "text\tlabel\nonly one\n",
	"done/train_log.jsonl": "{}\n", "models/x/config.json": "{}", "run/export/config.json": "{}", "badmodel/config.json": "{\"model_type\": \"gpt2\"}", "cutmodel/config.json": "{",
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
	{"broken YAML", "train broken.yaml", cli.ExitUsage, "broken YAML", "broken.yaml, line 1", "close every [ and {"},
	{"word for a number in YAML", "train value.yaml", cli.ExitUsage, "fast", "value.yaml, line 2: learning_rate", "a number is expected"},
	{"unknown stage", "run recipe.yaml", cli.ExitUsage, "stags", "recipe.yaml, line 1", "did you mean"},
	{"unknown cleaning", "clean --clean clasic tiny/train.csv c.csv", cli.ExitUsage, "clasic", "--clean", `did you mean "classic"`},
	{"unknown augmentation", "augment --augment eda2 tiny/train.csv a.csv", cli.ExitUsage, "eda2", "--augment", "did you mean eda"},
	{"unknown adversary", "TRAIN --train_file tiny/train.csv --adversary fgn", cli.ExitUsage, "fgn", "adversary", "did you mean fgm"},
	{"unknown pack", "data install wordnett", cli.ExitUsage, "wordnett", "pack", "did you mean wordnet?"},
	{"unknown format", "convert tiny/train.csv c.xyz", cli.ExitUsage, ".xyz", "c.xyz", "expected one of"},
	{"empty model folder", "train --model_name_or_path emptydir --train_file tiny/train.csv --output_dir out", cli.ExitData, "config.json", "emptydir", "hint: a model folder holds"},
	{"model folder without files", "train --model_name_or_path nomodel --train_file tiny/train.csv --output_dir out", cli.ExitData, "neither tokenizer.json nor vocab.txt", "nomodel", "put the files of the pretrained model there"},
	{"nothing to resume", "resume emptydir", cli.ExitData, "nothing was begun", "emptydir", "hint:"},
	{"output folder is a file", "train --config_name tiny/config.json --train_file tiny/train.csv --output_dir noending/out", cli.ExitUsage, "not a directory", "noending/out", "hint: "},
	{"library not there", "TRAIN --train_file tiny/train.csv --onnxruntime nolib.so", cli.ExitEnvironment, "no ONNX Runtime library", "nolib.so", "make deps"},
	{"model folder misspelt", "MODEL ./modles/x", cli.ExitUsage, "no such folder", "--model_name_or_path ./modles/x", "did you mean the folder models/x?"},
	{"model folder misspelt, no network", "HF_ENDPOINT=http://hub.invalid MODEL modles/x", cli.ExitEnvironment, "no such folder, and the hub was not reached", "--model_name_or_path modles/x", "did you mean the folder models/x?"},
	{"model folder misspelt, offline", "HF_HUB_OFFLINE=1 MODEL modles/x", cli.ExitEnvironment, "no such folder", "--model_name_or_path modles/x", "did you mean the folder models/x?"},
	{"no such model", "HF_ENDPOINT=http://hub.invalid eval --test_file tiny/dev.csv --model_name_or_path bert-bse", cli.ExitEnvironment, "no address for hub.invalid", "bert-bse", "hint: give a folder that holds config.json"},
	{"model is a file", "MODEL tiny/config.json", cli.ExitUsage, "is a file", "tiny/config.json", "give the folder that holds it"},
	{"run folder for a model", "MODEL run", cli.ExitUsage, "is the folder of a run", "run", "its model lies in run/export"},
	{"model of another family", "MODEL badmodel", cli.ExitData, "gpt2", "badmodel", "hint: "},
	{"cut model configuration", "MODEL cutmodel", cli.ExitData, "config.json", "cutmodel", "hint: "},
	{"model without weights", "MODEL noweights", cli.ExitData, "no weights", "noweights", "put the weights there"},
	{"model configuration not there", "train --config_name tiny/confg.json --train_file tiny/train.csv --output_dir out", cli.ExitUsage, "no such file", "--config_name tiny/confg.json", "did you mean tiny/config.json?"},
	{"folder for a model configuration", "train --config_name tiny --train_file tiny/train.csv --output_dir out", cli.ExitUsage, "is a folder", "--config_name tiny", "name a file in it"},
	{"base model for a finished one", "predict --model_name_or_path tiny --test_file tiny/dev.csv --output_dir p", cli.ExitData, "no labels", "tiny", "hint: train it first"},
	{"tokenizer not there", "TRAIN --train_file tiny/train.csv --tokenizer_name nofolder", cli.ExitData, "neither tokenizer.json nor vocab.txt", "nofolder", "put the files"},
	{"broken recipe", "run colon.yaml", cli.ExitUsage, "broken YAML", "colon.yaml, line 3 (train:)", "a line of its own"},
	{"tab in a recipe", "run tab.yaml", cli.ExitUsage, "broken YAML", "tab.yaml, line 3", "indent with spaces"},
	{"open quote in a recipe", "plan quote.yaml", cli.ExitUsage, "broken YAML", "quote.yaml, line ", "close every quote"},
	{"list for a configuration", "train list.yaml", cli.ExitUsage, "no keys with values", "list.yaml", "learning_rate: 5e-5"},
	{"broken cleaning recipe", "clean --clean steps.yaml tiny/train.csv c.csv", cli.ExitUsage, "line 1", "--clean steps.yaml", "is expected"},
	{"broken augmentation policy", "augment --augment steps.yaml tiny/train.csv c.csv", cli.ExitUsage, "line 1", "--augment steps.yaml", "ortrain list augmenters"},
	{"recipe not there", "run goood.yaml", cli.ExitUsage, "no such file", "goood.yaml", "did you mean good.yaml?"},
	{"folder for a recipe", "run emptydir", cli.ExitUsage, "is a folder", "emptydir", "ortrain resume emptydir"},
	{"model of a recipe misspelt", "run good.yaml model_name_or_path=./modles/x", cli.ExitUsage, "no such folder", "good.yaml: model_name_or_path ./modles/x", "did you mean the folder models/x?"},
	{"key of a stage misspelt", "run good.yaml split.test_splt=0.1", cli.ExitUsage, "test_splt", "split.test_splt", "did you mean test_split"},
	{"recipe into a file", "run good.yaml --output_dir noending", cli.ExitUsage, "is not a directory", "--output_dir noending", "give a folder"},
	{"recipe without a file", "init", cli.ExitUsage, "needed", "--data", "is needed"},
	{"recipe there already", "init --data tiny/train.csv --output good.yaml", cli.ExitUsage, "there already", "good.yaml", "choose another name"},
	{"recipe from no file", "init --data no.csv --output i.yaml", cli.ExitData, "no such file", "no.csv", "hint: check the path"},
	{"recipe for a task that is not there", "init --data tiny/train.csv --task regresion", cli.ExitUsage, "regresion", "--task", "classification"},
	{"output folder of a run", "train --config_name tiny/config.json --train_file tiny/train.csv --output_dir done", cli.ExitUsage, "holds a run already", "--output_dir done", "--overwrite_output_dir"},
	{"folder of the output not there", "clean tiny/train.csv nofolder/c.csv", cli.ExitUsage, "no folder nofolder", "nofolder/c.csv", "mkdir -p nofolder"},
	{"folder for an output file", "convert tiny/train.csv emptydir", cli.ExitUsage, "is a folder", "emptydir", "name a file in it"},
	{"output over the input", "clean tiny/train.csv tiny/train.csv", cli.ExitUsage, "read and written", "tiny/train.csv", "choose another name"},
	{"split into a file", "split tiny/train.csv --output_dir noending", cli.ExitUsage, "not a directory", "--output_dir noending", "give a folder"},
	{"text column missing in the test file", "TRAIN --train_file tiny/train.csv --test_file other.csv", cli.ExitData, `no column "text"`, "--test_file", "columns of the same names"},
	{"label of the test file not trained on", "TRAIN --train_file tiny/train.csv --test_file newlabel.csv", cli.ExitData, `"maybe" is not in {no, yes}`, "newlabel.csv row 2 (line 3)", "label the row with one of them"},
	{"empty label", "TRAIN --train_file nolabel.csv", cli.ExitData, "no label", "nolabel.csv row 2 (line 3)", "drop the row or label it"},
	{"column twice", "TRAIN --train_file twice.csv", cli.ExitData, "2 columns", `twice.csv column "text"`, "one is expected"},
	{"workbook", "TRAIN --train_file zip.csv", cli.ExitData, "Excel", "zip.csv", "save it as CSV"},
	{"packed file", "TRAIN --train_file gzip.csv", cli.ExitData, "gzip", "gzip.csv", "unpack it"},
	{"picture", "clean picture.csv c.csv", cli.ExitData, "picture", "picture.csv", "name a file of text"},
	{"binary file", "init --data zeros.csv --output i.yaml", cli.ExitData, "no text at all", "zeros.csv", "convert it to UTF-8"},
	{"UTF-16", "TRAIN --train_file wide.csv", cli.ExitData, "UTF-16", "wide.csv", "convert it to UTF-8"},
	{"semicolons", "TRAIN --train_file semicolons.csv", cli.ExitData, "semicolons", "semicolons.csv", "with commas (.csv)"},
	{"row cut short", "TRAIN --train_file tags.tsv", cli.ExitData, "1 fields", "tags.tsv row 1 (line 2)", "as many are expected"},
	{"validation file not there", "TRAIN --train_file tiny/train.csv --validation_file tiny/dev.cvs", cli.ExitData, "no such file", "tiny/dev.cvs", "hint: check the path"},
	{"share in percent", "TRAIN --train_file tiny/train.csv --validation_split 30", cli.ExitUsage, "30", "--validation_split", "less than 1 is expected"},
	{"checkpoint not there", "TRAIN --train_file tiny/train.csv --resume_from_checkpoint out/checkpoint-5", cli.ExitData, "no checkpoint", "out/checkpoint-5", "--resume_from_checkpoint auto"},
	{"option of another program", "TRAIN --train_file tiny/train.csv --fp16", cli.ExitUsage, "not an option here", "--fp16", ": "},
	{"option of another command", "clean --learning_rate 1 tiny/train.csv c.csv", cli.ExitUsage, "takes no option", "--learning_rate", "--help lists its options"},
	{"unknown provider", "TRAIN --train_file tiny/train.csv --provider cudaa", cli.ExitUsage, "cudaa", "--provider", "cpu or cuda is expected"},
	{"library is no library", "TRAIN --train_file tiny/train.csv --onnxruntime tiny/train.csv", cli.ExitEnvironment, "no ONNX Runtime library", "tiny/train.csv", "make deps"},
	{"library too old", "TRAIN --train_file tiny/train.csv --onnxruntime old.so", cli.ExitEnvironment, "too old", "old.so", "make deps"},
	{"key to explain misspelt", "config explain lerning_rate", cli.ExitUsage, "no option", "lerning_rate", "did you mean learning_rate"},
	{"report of no run", "report emptydir", cli.ExitData, "no run folder", "emptydir", "give the --output_dir of ortrain train"},
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
	files["nomodel/config.json"], files["noweights/config.json"] = string(config), string(config)
	if files["noweights/vocab.txt"], err = readString("tiny/vocab.txt"); err != nil {
		t.Fatal(err)
	}
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
	if err := buildLibrary("1.20.1", "old.so"); err != nil {
		t.Fatal(err)
	}
	for _, m := range mistakes {
		t.Run(strings.ReplaceAll(m.name, " ", "_"), m.check)
	}
}

func readString(path string) (string, error) {
	data, err := os.ReadFile(path)
	return string(data), err
}

// command parts the environment from the words of the command line.
func (m mistake) command() (args []string, env map[string]string) {
	env = make(map[string]string)
	text := strings.NewReplacer("TRAIN", trainRight, "MODEL", modelRight).Replace(m.args)
	for _, word := range strings.Fields(text) {
		if name, value, ok := strings.Cut(word, "="); ok && len(args) == 0 {
			env[name] = value
			continue
		}
		args = append(args, word)
	}
	return args, env
}

func (m mistake) check(t *testing.T) {
	var said bytes.Buffer
	args, env := m.command()
	code := cli.Main(cli.Env{
		Args: append([]string{"ortrain"}, args...), Stdin: strings.NewReader(""), Stdout: &said, Stderr: &said,
		Getenv: func(name string) string { return env[name] }, Now: time.Now, Command: again,
	})
	if code != m.code {
		t.Errorf("exit code %d; %d is expected", code, m.code)
	}
	for _, want := range []string{m.thing, m.place, m.fix} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("the message does not say %q", want)
		}
	}
	for _, fault := range faults(args, said.String()) {
		t.Error(fault)
	}
	if t.Failed() {
		t.Logf("ortrain %s\n%s", strings.Join(args, " "), said.String())
	}
}

// fixes are how messages say what to do, and raw what no message shows: the
// insides of this program, of the network, and names of files that people have
// never seen.
var (
	fixes = regexp.MustCompile(`hint: .|did you mean|(is|are) expected|is needed|needs a value|must not|takes (no|one|what)|expected one of|choose |set [a-z_]+_column|` +
		`\b(give|use|write|put|drop|save|unpack|convert|install|quote|double|close|indent|label|name|look|run|leave|keep|lists its options)\b`)
	option = regexp.MustCompile(`--[a-z_]{3,}`)
	raw    = regexp.MustCompile(`(?i)panic|goroutine|%!|dial tcp|lookup .* on |\.partial|0x[0-9a-f]{6}|<nil>|runtime error|[\x00-\x08\x0e-\x1f]`)
)

// faults holds a message against the rule for all of them: it names the place, a
// word of the command line or an option that is missing from it, says what to do, and shows nothing raw.
func faults(args []string, said string) (out []string) {
	place := option.MatchString(said)
	for _, word := range args {
		name := strings.TrimLeft(strings.SplitN(word, "=", 2)[0], "-")
		place = place || strings.Contains(said, word) || len(name) > 3 && strings.Contains(said, name)
	}
	if !place {
		out = append(out, "the message names no option, file or word of the command line")
	}
	if !fixes.MatchString(said) {
		out = append(out, "the message does not say what to do")
	}
	if found := raw.FindString(said); found != "" {
		out = append(out, fmt.Sprintf("the message shows %q", found))
	}
	if !strings.HasPrefix(lastMessage(said), "ortrain: ") {
		out = append(out, "the message does not begin with the program's name")
	}
	return out
}

// lastMessage is what ended the command: its lines and the hint.
func lastMessage(said string) string {
	if m := regexp.MustCompile(`(?m)^(ortrain: .*\n)+(hint: .*\n)?\z`).FindString(said); m != "" {
		return m
	}
	return said
}

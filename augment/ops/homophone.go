package ops

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/ortrain/ortrain/augment"
)

var _ = register(augment.Spec{
	Name: "homophone", Doc: "replaces Chinese characters by common ones of the same sound and tone",
	Params: []augment.Param{augment.Rate(0.1),
		{Name: "file", Doc: "lines of a sound and its characters with tabs between; in place of the pack", Default: ""}},
	Languages: []string{"zh"}, Packs: []string{"pinyin"}, Laws: respells,
	Harms:   []augment.Harm{breaksGrammar},
	Samples: []augment.Sample{{Text: "这部电影很好看", Params: map[string]any{"rate": 0.5}}},
	New: func(s augment.Settings) (augment.Augmenter, error) {
		like, err := openHomophones(s)
		if err != nil {
			return nil, err
		}
		return wordwise(s.Float("rate"), slip(like)), nil
	},
})

// openHomophones returns the homophones of each character.
func openHomophones(s augment.Settings) (map[rune][]string, error) {
	open, name, read := s.File, s.Text("file"), readSounds
	if name == "" {
		pack, err := s.Pack("pinyin")
		if err != nil {
			return nil, err
		}
		open, name, read = pack.Open, "pinyin_dict.json", readPinyin
	}
	f, err := open(name)
	if err != nil {
		return nil, fmt.Errorf("ops: %w: %w", err, augment.ErrResource)
	}
	defer f.Close()
	return read(f, name)
}

// group makes a map of homophones of characters by sound.
func group(sounds map[string][]rune) map[rune][]string {
	like := make(map[rune][]string)
	for _, list := range sounds {
		for _, a := range list {
			for _, b := range list {
				if s := string(b); a != b && !slices.Contains(like[a], s) {
					like[a] = append(like[a], s)
				}
			}
		}
	}
	for _, list := range like {
		slices.Sort(list)
	}
	return like
}

// readSounds reads lines of a sound and its characters.
func readSounds(r io.Reader, name string) (map[rune][]string, error) {
	sounds := make(map[string][]rune)
	s := bufio.NewScanner(r)
	for number := 1; s.Scan(); number++ {
		fields := strings.Fields(s.Text())
		if len(fields) == 0 {
			continue
		}
		for _, f := range fields[1:] {
			c, size := utf8.DecodeRuneInString(f)
			if size != len(f) {
				return nil, fmt.Errorf("ops: %s, line %d: %q is not one character: %w", name, number, f, augment.ErrResource)
			}
			if common(c) {
				sounds[fields[0]] = append(sounds[fields[0]], c)
			}
		}
	}
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("ops: %s: %w: %w", name, err, augment.ErrResource)
	}
	return group(sounds), nil
}

// readPinyin reads a JSON object from code points to sounds with commas between,
// the most usual first.
func readPinyin(r io.Reader, name string) (map[rune][]string, error) {
	var all map[string]string
	if err := json.NewDecoder(r).Decode(&all); err != nil {
		return nil, fmt.Errorf("ops: %s: %w: %w", name, err, augment.ErrResource)
	}
	sounds := make(map[string][]rune)
	for key, value := range all {
		code, err := strconv.ParseInt(key, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("ops: %s: %q is not a code point: %w", name, key, augment.ErrResource)
		}
		if c := rune(code); common(c) {
			sound, _, _ := strings.Cut(value, ",")
			sounds[sound] = append(sounds[sound], c)
		}
	}
	return group(sounds), nil
}

// common reports whether a character is of the first level of GB 2312: 3,755 that
// are in daily use.
func common(c rune) bool {
	if c < 0x4e00 || c > 0x9fff {
		return false
	}
	b, err := simplifiedchinese.GBK.NewEncoder().String(string(c))
	return err == nil && len(b) == 2 && b[0] >= 0xb0 && b[0] <= 0xd7 && b[1] >= 0xa1
}

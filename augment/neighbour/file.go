package neighbour

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// version is that of the file's form and of how neighbours are chosen.
const version = "ortrain neighbours 1"

// Hash identifies the result of Build with these inputs.
func Hash(in Input, o Options) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s %d %d %v\n", version, in.Width, o.Most, o.Least)
	for _, word := range in.Vocabulary {
		fmt.Fprintf(h, "%q\n", word)
	}
	buf := make([]byte, 0, 1<<16)
	for rows := range slices.Chunk(in.Rows, 1<<14) {
		buf, _ = binary.Append(buf[:0], binary.LittleEndian, rows) // float32 always encodes
		h.Write(buf)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Write writes a table: a line with the hash of its inputs, then a line for each
// word with its neighbours and their cosines, tabs between.
func (t *Table) Write(w io.Writer, hash string) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "%s %s\n", version, hash)
	for _, word := range slices.Sorted(maps.Keys(t.near)) {
		b.WriteString(word)
		for _, n := range t.near[word] {
			fmt.Fprintf(b, "\t%s\t%s", n.Word, strconv.FormatFloat(float64(n.Cosine), 'g', -1, 32))
		}
		b.WriteByte('\n')
	}
	return b.Flush()
}

// Read reads a table and the hash of its inputs. name is for errors.
func Read(r io.Reader, name string) (t *Table, hash string, err error) {
	s := bufio.NewScanner(r)
	s.Buffer(nil, 1<<20)
	bad := func(line int, what string) error {
		return fmt.Errorf("neighbour: %s, line %d: %s: %w", name, line, what, ErrFile)
	}
	if !s.Scan() || !strings.HasPrefix(s.Text(), version+" ") {
		return nil, "", bad(1, "it does not begin with "+version)
	}
	hash = strings.TrimPrefix(s.Text(), version+" ")
	t = &Table{near: make(map[string][]Neighbour)}
	for number := 2; s.Scan(); number++ {
		fields := strings.Split(s.Text(), "\t")
		if len(fields)%2 == 0 || len(fields) < 3 {
			return nil, "", bad(number, "a word, then pairs of a neighbour and a cosine are expected")
		}
		for i := 1; i < len(fields); i += 2 {
			x, err := strconv.ParseFloat(fields[i+1], 32)
			if err != nil {
				return nil, "", bad(number, fields[i+1]+" is not a number")
			}
			t.near[fields[0]] = append(t.near[fields[0]], Neighbour{fields[i], float32(x)})
		}
	}
	if err := s.Err(); err != nil {
		return nil, "", fmt.Errorf("neighbour: %s: %w: %w", name, err, ErrFile)
	}
	return t, hash, nil
}

// Cached reads the table of these inputs from a file, or builds and writes it if
// the file is absent or another input's.
func Cached(ctx context.Context, path string, in Input, o Options) (*Table, error) {
	want := Hash(in, o)
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("neighbour: %w", err)
	}
	if err == nil {
		if t, hash, err := Read(bytes.NewReader(data), path); err == nil && hash == want {
			return t, nil
		}
	}
	t, err := Build(ctx, in, o)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := t.Write(&b, want); err != nil {
		return nil, err
	}
	if err := replace(path, b.Bytes()); err != nil {
		return nil, fmt.Errorf("neighbour: %w", err)
	}
	return t, nil
}

// replace writes a file in one step.
func replace(path string, data []byte) (err error) {
	f, err := createPartial(filepath.Dir(path))
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// createPartial creates a file of a name that nobody has, as os.CreateTemp does,
// but for all whom the umask lets read it.
func createPartial(dir string) (*os.File, error) {
	for n := 0; ; n++ {
		name := filepath.Join(dir, fmt.Sprintf(".neighbours-%d-%d", os.Getpid(), n))
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
}

package tfevents_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/ortrain/ortrain/ortrain/report/tfevents"
)

var noon = time.Unix(1_700_000_000, 500_000_000)

// The bytes were read back by TensorBoard 2.21 (EventFileLoader): version,
// then step 7 with loss 0.5 and eval/accuracy 0.875.
func TestBytes(t *testing.T) {
	var file bytes.Buffer
	w, err := tfevents.New(&file, noon)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Scalars(noon, 7, tfevents.Scalar{Tag: "train/loss", Value: .5}, tfevents.Scalar{Tag: "eval/accuracy", Value: .875}); err != nil {
		t.Fatal(err)
	}
	const want = "1800000000000000a37f4b220900002040fc54d9411a0d627261696e2e4576656e743a322b35311036000000000000004f578cef0900002040fc54d94110072a290a110a0a747261696e2f6c6f7373150000003f0a140a0d6576616c2f6163637572616379150000603f6275310f"
	if got := hex.EncodeToString(file.Bytes()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

type broken struct{}

var errFull = errors.New("full")

func (broken) Write([]byte) (int, error) { return 0, errFull }

func TestWriterErrors(t *testing.T) {
	if _, err := tfevents.New(broken{}, noon); !errors.Is(err, errFull) {
		t.Errorf("got %v, want the writer's error", err)
	}
}

func Example() {
	var file bytes.Buffer
	w, err := tfevents.New(&file, noon)
	if err == nil {
		err = w.Scalars(noon, 1, tfevents.Scalar{Tag: "train/loss", Value: 2.5})
	}
	fmt.Println(file.Len(), "bytes", err)
	// Output: 88 bytes <nil>
}

package ortrain_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/ortrain/ortrain/ortrain"
	"github.com/ortrain/ortrain/ortrain/checkpoint"
	"github.com/ortrain/ortrain/ortrain/checkpoint/disk"
	"github.com/ortrain/ortrain/ortrain/checkpoint/disk/disktest"
)

// A disk that fills at any point of the second checkpoint stops the run with
// the system's error; the first checkpoint stays whole and nothing of the second
// is left.
func TestFullDiskKeepsTheLastCheckpoint(t *testing.T) {
	n := dropoutNetwork(t)
	defer n.Close()
	data := randomBatches(7)
	run := func(dir string, at int) (*disktest.Faults, error) {
		faults := &disktest.Faults{FS: disk.OS(), At: at, Err: syscall.ENOSPC, Short: true, NoSync: true}
		cs, err := checkpoint.Open(dir, checkpoint.Options{FS: faults})
		if err != nil {
			return faults, err
		}
		defer cs.Close()
		cfg := ortrain.DefaultConfig()
		cfg.MaxSteps, cfg.SaveSteps = 2, 1
		tr, err := ortrain.New(cfg, ortrain.Parts{Engine: n, Train: data, Store: ortrain.NewRunStore(n, cs, dir)})
		if err != nil {
			t.Fatal(err)
		}
		_, err = tr.Run(context.Background())
		return faults, err
	}
	whole, err := run(t.TempDir(), 0)
	if err != nil {
		t.Fatal(err)
	}
	calls, tried := whole.Calls(), 0
	for at := calls/2 + 3; at < calls; at += max(1, calls/24) {
		dir := t.TempDir()
		faults, err := run(dir, at)
		if faults.Failed() == "" || strings.HasPrefix(faults.Failed(), "remove ") {
			continue
		}
		tried++
		if !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("call %d of %d (%s): got %v", at, calls, faults.Failed(), err)
		}
		c, skipped, err := checkpoint.Auto(context.Background(), nil, dir)
		if err != nil || len(skipped) > 0 {
			t.Errorf("call %d (%s): %v, passed over %v", at, faults.Failed(), err, skipped)
			continue
		}
		if _, err := ortrain.NewRunStore(n, nil, dir).Resume(c); err != nil {
			t.Errorf("call %d (%s): %v", at, faults.Failed(), err)
		}
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if disk.IsPartial(e.Name()) {
				t.Errorf("call %d (%s): %s is left", at, faults.Failed(), e.Name())
			}
		}
	}
	if tried < 10 {
		t.Errorf("%d places of %d calls were tried; the second checkpoint has more", tried, calls)
	}
}

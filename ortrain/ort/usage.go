package ort

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
)

// Usage is what memory the process takes, in bytes. The runtime's memory lies
// outside the Go heap, so only the system can tell.
type Usage struct {
	// Resident is held in RAM now, Peak at most so far, Virtual is address space.
	Resident, Peak, Virtual int64
}

// ReadUsage asks the system. It fails with errors.ErrUnsupported where there is
// no /proc/self/status.
func ReadUsage() (Usage, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return Usage{}, fmt.Errorf("ort: reading memory use: %w", errors.Join(err, errors.ErrUnsupported))
	}
	return parseUsage(status)
}

// parseUsage reads lines such as "VmRSS:	   12345 kB".
func parseUsage(status []byte) (Usage, error) {
	var u Usage
	fields := map[string]*int64{"VmRSS:": &u.Resident, "VmHWM:": &u.Peak, "VmSize:": &u.Virtual}
	for lines := bufio.NewScanner(bytes.NewReader(status)); lines.Scan(); {
		words := bytes.Fields(lines.Bytes())
		if len(words) != 3 || fields[string(words[0])] == nil {
			continue
		}
		kb, err := strconv.ParseInt(string(words[1]), 10, 64)
		if err != nil {
			return Usage{}, fmt.Errorf("ort: memory use %q: %w", lines.Bytes(), err)
		}
		*fields[string(words[0])] = kb << 10
	}
	if u.Resident == 0 || u.Virtual == 0 {
		return Usage{}, fmt.Errorf("ort: memory use: no VmRSS and VmSize in the process status: %w", errors.ErrUnsupported)
	}
	return u, nil
}

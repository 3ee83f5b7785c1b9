//go:build !linux && !darwin

package disk

// Free returns how many bytes this process may still write to the device that
// holds a folder; ok is false where the system does not say, as here.
func Free(string) (bytes int64, ok bool, err error) { return 0, false, nil }

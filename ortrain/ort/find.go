package ort

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// Names of the environment variables that say where libraries lie.
const (
	// EnvLibrary holds the path of a library file, or of a folder with one.
	EnvLibrary = "ORTRAIN_ONNXRUNTIME"
	// EnvDeps holds the folder that native dependencies are installed in.
	EnvDeps = "ORTRAIN_DEPS"
)

// The oldest version that speaks C API 25, which the binding asks for.
const (
	minMajor, minMinor = 1, 25
	apiVersion         = 25
)

// Library is an ONNX Runtime shared library that can be loaded and is new
// enough.
type Library struct {
	// Path is the file, absolute where the system tells.
	Path string
	// Version is what the library says of itself, such as "1.30.0".
	Version string
	// Notes has a line for each place that was looked at before and passed over.
	Notes []string
}

// DepsDir returns the folder of native dependencies: $ORTRAIN_DEPS, or ortrain
// in the user's cache folder.
func DepsDir() (string, error) {
	if dir := os.Getenv(EnvDeps); dir != "" {
		return dir, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("ort: no folder for dependencies; set %s: %w", EnvDeps, err)
	}
	return filepath.Join(cache, "ortrain"), nil
}

// Find looks for a library: at path, or if that is empty at $ORTRAIN_ONNXRUNTIME,
// in the folder of the program, below DepsDir, and where the system's loader looks. A path given is the only
// place; the others are passed over with a note if there is nothing or it is too
// old. Each candidate is loaded, asked for its version and unloaded; nothing is
// initialised.
//
// Errors: *LibraryError, which wraps ErrVersion if a library was found but none
// is new enough, else ErrNoLibrary.
func Find(path string) (Library, error) {
	places := []place{{"the path given", path}}
	if path == "" {
		places = searchPath()
	}
	fail := &LibraryError{Err: ErrNoLibrary}
	for _, p := range places {
		lib, err := p.probe()
		if err == nil {
			lib.Notes = fail.Notes
			return lib, nil
		}
		if errors.Is(err, ErrVersion) {
			fail.Err = ErrVersion
		}
		fail.Notes = append(fail.Notes, p.name+": "+err.Error())
	}
	return Library{}, fail
}

// place is somewhere a library may lie: a file, a folder with one, or a bare
// file name for the system's loader.
type place struct{ name, path string }

func searchPath() []place {
	var places []place
	if env := os.Getenv(EnvLibrary); env != "" {
		places = append(places, place{"$" + EnvLibrary, env})
	}
	if path := besideProgram(); path != "" {
		places = append(places, place{"beside the program", path})
	}
	if deps, err := DepsDir(); err == nil {
		places = append(places, place{"dependencies", filepath.Join(deps, runtime.GOOS+"-"+runtime.GOARCH, "lib", fileName())})
	}
	for _, name := range loaderNames() {
		places = append(places, place{"system loader", name})
	}
	return places
}

// besideProgram is a library in the folder of the program, as a distribution has
// one; "" if there is none, which is no news elsewhere. A link to the program, say
// in /usr/local/bin, is followed.
func besideProgram() string {
	program, err := os.Executable()
	if err != nil {
		return ""
	}
	if file, err := filepath.EvalSymlinks(program); err == nil {
		program = file
	}
	path := filepath.Join(filepath.Dir(program), fileName())
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	return path
}

// fileName is what the library is called on this system.
func fileName() string {
	switch runtime.GOOS {
	case "windows":
		return "onnxruntime.dll"
	case "darwin":
		return "libonnxruntime.dylib"
	}
	return "libonnxruntime.so"
}

// loaderNames are tried without a folder; systems that ship the library often
// install the name without version only for developers.
func loaderNames() []string {
	if runtime.GOOS == "linux" {
		return []string{fileName(), fileName() + ".1"}
	}
	return []string{fileName()}
}

func (p place) probe() (Library, error) {
	path := p.path
	if p.name != "system loader" {
		info, err := os.Stat(path)
		if err != nil {
			return Library{}, err
		}
		if info.IsDir() {
			path = filepath.Join(path, fileName())
		}
		if path, err = filepath.Abs(path); err != nil {
			return Library{}, err
		}
	}
	lib, err := probe(path)
	if err != nil {
		return Library{}, err
	}
	if !newEnough(lib.Version) {
		return Library{}, fmt.Errorf("%s is version %s: %w", lib.Path, lib.Version, ErrVersion)
	}
	return lib, nil
}

// newEnough reports whether a version such as "1.30.0" or "1.26.0-dev" is at
// least the oldest that works.
func newEnough(version string) bool {
	parts := strings.SplitN(version, ".", 3)
	if len(parts) < 2 {
		return false
	}
	major, err1 := strconv.Atoi(parts[0])
	minor, err2 := strconv.Atoi(parts[1])
	if err1 != nil || err2 != nil {
		return false
	}
	return major > minMajor || major == minMajor && minor >= minMinor
}

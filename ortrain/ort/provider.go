package ort

import (
	"regexp"
	"runtime"
	"strconv"
	"strings"

	yalue "github.com/yalue/onnxruntime_go"
)

// The execution providers.
const (
	CPU  = "cpu"
	CUDA = "cuda"
)

// Provider says where operators run. The zero value is the CPU.
type Provider struct {
	// Name is CPU (or empty) or CUDA.
	Name string
	// DeviceID is the number of the GPU.
	DeviceID int
	// GPUMemLimit bounds the memory arena on the GPU, in bytes; 0 does not.
	GPUMemLimit int64
	// TF32 allows matrix products with 10-bit mantissas on GPUs that have them.
	TF32 bool
}

// apply adds the provider to session options. It never falls back to another.
func (p Provider) apply(so *yalue.SessionOptions) error {
	switch p.Name {
	case "", CPU:
		return nil
	case CUDA:
		return p.applyCUDA(so)
	}
	return &ProviderError{Provider: p.Name, Message: "not known", Fix: "use " + CPU + " or " + CUDA}
}

// applyCUDA adds the CUDA provider. The runtime loads the provider's library
// with the first of these calls that needs it, which one depends on its version.
func (p Provider) applyCUDA(so *yalue.SessionOptions) error {
	cuda, err := yalue.NewCUDAProviderOptions()
	if err != nil {
		return cudaError(err)
	}
	defer func() { _ = cuda.Destroy() }()
	if err := cuda.Update(p.cudaOptions()); err != nil {
		return cudaError(err)
	}
	if err := so.AppendExecutionProviderCUDA(cuda); err != nil {
		return cudaError(err)
	}
	return nil
}

func (p Provider) cudaOptions() map[string]string {
	options := map[string]string{
		"device_id":             strconv.Itoa(p.DeviceID),
		"arena_extend_strategy": "kSameAsRequested",
		"use_tf32":              "0",
	}
	if p.TF32 {
		options["use_tf32"] = "1"
	}
	if p.GPUMemLimit > 0 {
		options["gpu_mem_limit"] = strconv.FormatInt(p.GPUMemLimit, 10)
	}
	return options
}

// sharedObject finds the libraries that a message of the system's loader names,
// and whether it says that this one is not there.
var sharedObject = regexp.MustCompile(`([\w.+-]+\.(?:so[\d.]*|dll|dylib))\b(: cannot open shared object file)?`)

// cudaError says what to install when the CUDA provider cannot be used.
func cudaError(err error) error {
	message := err.Error()
	if _, tail, found := strings.Cut(message, " : FAIL : "); found { // drop the place in the runtime's source
		message = tail
	}
	e := &ProviderError{Provider: CUDA, Message: message,
		Fix: "install the package onnxruntime-gpu with its CUDA and cuDNN libraries and let " + EnvLibrary + " name its library, or use --provider cpu"}
	// A provider that is there but cannot load is named first, what it lacks later.
	for _, m := range sharedObject.FindAllStringSubmatch(e.Message, -1) {
		if e.Missing == "" || m[2] != "" {
			e.Missing = m[1]
		}
	}
	// A library that was built for the CPU alone does not look for its provider.
	if e.Missing == "" && strings.Contains(e.Message, "not enabled in this build") {
		e.Missing = providerFile()
	}
	return e
}

// providerFile is the library that comes with the GPU build.
func providerFile() string {
	if runtime.GOOS == "windows" {
		return "onnxruntime_providers_cuda.dll"
	}
	return "libonnxruntime_providers_cuda.so"
}

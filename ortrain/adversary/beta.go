package adversary

import (
	"math"

	"github.com/ortrain/ortrain/pipeline/random"
)

// beta is a draw from Beta(a, a): X/(X+Y) for two draws of Gamma(a).
func beta(s *random.Stream, a float64) float64 {
	x, y := gamma(s, a), gamma(s, a)
	if x+y == 0 {
		return 0.5 // both vanished: a is tiny
	}
	return x / (x + y)
}

// gamma is a draw from the gamma distribution of shape a and scale 1.
//
// Source: Marsaglia and Tsang, "A Simple Method for Generating Gamma Variables"
// (ACM TOMS 2000), with their boost for a < 1.
func gamma(s *random.Stream, a float64) float64 {
	if a < 1 {
		return gamma(s, a+1) * math.Pow(1-s.Float64(), 1/a)
	}
	d := a - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		x := s.Normal()
		v := 1 + c*x
		if v <= 0 {
			continue
		}
		v = v * v * v
		if math.Log(1-s.Float64()) < x*x/2+d-d*v+d*math.Log(v) {
			return d * v
		}
	}
}

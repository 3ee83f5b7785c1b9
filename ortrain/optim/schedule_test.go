package optim_test

import (
	"errors"
	"math"
	"testing"

	"github.com/ortrain/ortrain/ortrain/optim"
)

// The ten rates that Transformers' own tests expect (tests/optimization), at
// peak 10.
func TestSchedulesGiveHuggingFaceRates(t *testing.T) {
	for _, c := range []struct {
		schedule optim.Schedule
		want     []float64
	}{
		{optim.Schedule{Kind: "constant"}, []float64{10, 10, 10, 10, 10, 10, 10, 10, 10, 10}},
		{optim.Schedule{Kind: "constant_with_warmup", Warmup: 4}, []float64{0, 2.5, 5, 7.5, 10, 10, 10, 10, 10, 10}},
		{optim.Schedule{Kind: "linear", Warmup: 2}, []float64{0, 5, 10, 8.75, 7.5, 6.25, 5, 3.75, 2.5, 1.25}},
		{optim.Schedule{Kind: "cosine", Warmup: 2}, []float64{0, 5, 10, 9.61, 8.53, 6.91, 5, 3.08, 1.46, 0.38}},
		{optim.Schedule{Kind: "cosine_with_restarts", Warmup: 2, Cycles: 2}, []float64{0, 5, 10, 8.53, 5, 1.46, 10, 8.53, 5, 1.46}},
		{optim.Schedule{Kind: "polynomial", Warmup: 2, Power: 2, EndLR: 1e-7}, []float64{0, 5, 10, 7.656, 5.625, 3.906, 2.5, 1.406, 0.625, 0.156}},
	} {
		s := c.schedule
		s.LR, s.Total = 10, 10
		if err := s.Validate(); err != nil {
			t.Fatal(err)
		}
		for step, want := range c.want {
			if got := s.At(int64(step)); math.Abs(got-want) > 0.011 {
				t.Errorf("%s at %d: %v, want %v", s.Kind, step, got, want)
			}
		}
	}
}

// Whatever the settings, a rate is finite, not negative, and at most the peak;
// past the end it stays where it ended.
func TestSchedulesStayInBounds(t *testing.T) {
	for _, kind := range optim.ScheduleKinds() {
		for _, warmup := range []int64{0, 1, 5, 20, 30} {
			for _, total := range []int64{0, 1, 20} {
				s := optim.Schedule{Kind: kind, LR: 2e-5, Warmup: warmup, Total: total}
				for step := range int64(60) {
					if lr := s.At(step); !(lr >= 0 && lr <= 2e-5*(1+1e-12)) {
						t.Errorf("%+v at %d: %v", s, step, lr)
					}
				}
				end := map[string]float64{"constant": 2e-5, "constant_with_warmup": 2e-5, "polynomial": 1e-7}[kind]
				if lr := s.At(max(warmup, total) + 1); kind != "cosine" && math.Abs(lr-end) > 1e-12 {
					t.Errorf("%+v ends at %v, want %v", s, lr, end)
				}
			}
		}
	}
}

func TestScheduleRefuses(t *testing.T) {
	good := optim.DefaultSchedule(100)
	if err := good.Validate(); err != nil || good.At(0) != 5e-5 || good.At(50) != 2.5e-5 || good.At(100) != 0 {
		t.Fatalf("default schedule: %v, rates %v %v %v", err, good.At(0), good.At(50), good.At(100))
	}
	for name, change := range map[string]func(s *optim.Schedule){
		"kind":     func(s *optim.Schedule) { s.Kind = "linaer" },
		"rate":     func(s *optim.Schedule) { s.LR = 0 },
		"nan":      func(s *optim.Schedule) { s.LR = math.NaN() },
		"infinite": func(s *optim.Schedule) { s.LR = math.Inf(1) },
		"warm-up":  func(s *optim.Schedule) { s.Warmup = -1 },
		"total":    func(s *optim.Schedule) { s.Total = -1 },
		"cycles":   func(s *optim.Schedule) { s.Cycles = -1 },
		"power":    func(s *optim.Schedule) { s.Power = math.NaN() },
		"end":      func(s *optim.Schedule) { s.Kind, s.EndLR = "polynomial", 1 },
	} {
		s := good
		change(&s)
		if err := s.Validate(); !errors.Is(err, optim.ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if lr := (optim.Schedule{Kind: "x", LR: 1}).At(0); !math.IsNaN(lr) {
		t.Errorf("an unknown kind gives %v", lr)
	}
}

func TestWarmupSteps(t *testing.T) {
	for _, c := range []struct {
		steps int64
		ratio float64
		total int64
		want  int64
	}{{0, 0, 100, 0}, {7, 0.5, 100, 7}, {0, 0.1, 101, 11}, {0, 0.06, 100, 6}} {
		if got := optim.WarmupSteps(c.steps, c.ratio, c.total); got != c.want {
			t.Errorf("WarmupSteps(%d, %v, %d) = %d, want %d", c.steps, c.ratio, c.total, got, c.want)
		}
	}
}

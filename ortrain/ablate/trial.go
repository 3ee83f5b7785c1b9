package ablate

import (
	"context"
	"fmt"
)

// Part says which rows a trial is measured on.
type Part string

// The parts.
const (
	Validation Part = "validation"
	Test       Part = "test"
)

// Setting is one training run and where it is measured.
type Setting struct {
	// Recipe is a recipe's name, or Plain.
	Recipe string `json:"recipe"`
	// Size is the number of training rows.
	Size int `json:"size"`
	// Seed of the rows that are drawn, of the weights and of the order.
	Seed uint64 `json:"seed"`
	Part Part   `json:"part"`
}

// String describes the setting for people.
func (s Setting) String() string {
	return fmt.Sprintf("%s, %d rows, seed %d, on %s rows", called(s.Recipe), s.Size, s.Seed, s.Part)
}

// called is a recipe's name in tables.
func called(recipe string) string {
	if recipe == Plain {
		return "plain"
	}
	return recipe
}

// Outcome is what came of a Setting.
type Outcome struct {
	// Right says of each row of the part, always in the same order, whether it was
	// classified rightly.
	Right Marks `json:"right"`
	// Steps were done, the same number with every recipe.
	Steps int `json:"steps"`
	// Seconds that the training steps took.
	Seconds float64 `json:"seconds"`
}

// accuracy is the share of rows that are right.
func (o Outcome) accuracy() float64 {
	n := 0
	for _, right := range o.Right {
		if right {
			n++
		}
	}
	return float64(n) / float64(max(len(o.Right), 1))
}

// Marks are yes or no for each row. As text they are a row of 1 and 0.
type Marks []bool

// MarshalText implements encoding.TextMarshaler.
func (m Marks) MarshalText() ([]byte, error) {
	text := make([]byte, len(m))
	for i, yes := range m {
		text[i] = '0'
		if yes {
			text[i] = '1'
		}
	}
	return text, nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (m *Marks) UnmarshalText(text []byte) error {
	*m = make(Marks, len(text))
	for i, c := range text {
		if c != '0' && c != '1' {
			return fmt.Errorf("ablate: %q among marks; 0 or 1 is expected: %w", c, ErrStored)
		}
		(*m)[i] = c == '1'
	}
	return nil
}

// Share counts copies whose label is kept, of all that were made.
type Share struct {
	Kept int `json:"kept"`
	Of   int `json:"of"`
}

// Rate is the share, 0 of none.
func (s Share) Rate() float64 { return float64(s.Kept) / float64(max(s.Of, 1)) }

// Trials is the model and the data of an ablation.
//
// Laws: equal settings give equal outcomes, but for Seconds; settings that differ
// in the recipe alone have the same training rows, first weights and number of
// steps; outcomes on one part are about the same rows in the same order.
type Trials interface {
	// Trial trains and measures.
	Trial(ctx context.Context, s Setting) (Outcome, error)
	// Preserve lets the plain classifier of that size and seed judge copies that
	// the recipe makes of validation rows which it gets right, and counts those
	// whose label it still gives.
	Preserve(ctx context.Context, s Setting) (Share, error)
}

package pii_test

import (
	"fmt"

	"github.com/ortrain/ortrain/pipeline/clean/pii"
	"github.com/ortrain/ortrain/pipeline/sample"
)

func Example() {
	s, err := pii.New(pii.Default())
	if err != nil {
		fmt.Println(err)
		return
	}
	ex := sample.Example{Row: 7, Text: "I'm ann@example.com, call me on 555-123-4567", Label: sample.Class(1)}
	counts, err := s.Scrub(&ex)
	fmt.Println(ex.Text, "|", counts, err)
	fmt.Println(s.Audit().Groups)
	// Output:
	// I'm [EMAIL], call me on [PHONE] | EMAIL 1, PHONE 1 <nil>
	// [{EMAIL 1, PHONE 1 [7]}]
}

func ExampleScrubber_Find() {
	s, err := pii.New(pii.Default())
	if err != nil {
		fmt.Println(err)
		return
	}
	text := "pay to GB82 WEST 1234 5698 7654 32, not from 10.0.0.8"
	for _, m := range s.Find(text) {
		fmt.Println(m.Type, text[m.Start:m.End])
	}
	// Output:
	// IBAN GB82 WEST 1234 5698 7654 32
	// IP 10.0.0.8
}

package segment_test

import (
	"fmt"
	"strings"

	"github.com/ortrain/ortrain/pipeline/clean/segment"
)

func ExampleSegmenter_Cut() {
	s, err := segment.Load(strings.NewReader("北京 100\n大学 80\n北京大学 60\n生 5\n"))
	if err != nil {
		fmt.Println(err)
		return
	}
	text := "北京大学生"
	for _, r := range s.Cut(nil, text) {
		fmt.Println(text[r.Start:r.End])
	}
	// Output:
	// 北京大学
	// 生
}

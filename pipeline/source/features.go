package source

import "encoding/json"

// featuresKey is the key of schema metadata where Hugging Face's datasets
// describe their columns.
const featuresKey = "huggingface"

// feature is what this package understands of the description of a column.
type feature struct {
	Type  string          `json:"_type"`
	Names []string        `json:"names"`
	Inner json.RawMessage `json:"feature"`
}

// declaredClasses returns the names that a ClassLabel column has, or a list of
// class labels; nil for other columns and texts that do not parse.
func declaredClasses(text, column string) []string {
	var all struct {
		Info struct {
			Features map[string]json.RawMessage `json:"features"`
		} `json:"info"`
	}
	if json.Unmarshal([]byte(text), &all) != nil {
		return nil
	}
	return classesOf(all.Info.Features[column])
}

// classesOf returns the names of a feature, or of the items of a list.
func classesOf(raw json.RawMessage) []string {
	for range 4 { // a list of lists of lists is deep enough
		var f feature
		if json.Unmarshal(raw, &f) != nil {
			// The old form of a list is a JSON list of one feature.
			var items []json.RawMessage
			if json.Unmarshal(raw, &items) != nil || len(items) != 1 {
				return nil
			}
			raw = items[0]
			continue
		}
		if f.Type == "ClassLabel" {
			return f.Names
		}
		if f.Inner == nil {
			return nil
		}
		raw = f.Inner
	}
	return nil
}

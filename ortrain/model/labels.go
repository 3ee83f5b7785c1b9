package model

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
)

// NumLabels returns the number of classes: that of Labels, or Hugging Face's
// default of 2 where there are none.
func (c *Config) NumLabels() int64 {
	if c.Labels == nil {
		return 2
	}
	return int64(len(c.Labels))
}

// SetLabels names the classes in the order of their logits. Names must differ.
func (c *Config) SetLabels(names []string) error {
	if len(names) == 0 {
		return fmt.Errorf("model: no label names; at least one class is needed: %w", ErrConfig)
	}
	seen := make(map[string]int, len(names))
	for i, name := range names {
		if first, twice := seen[name]; twice {
			return fmt.Errorf("model: classes %d and %d are both named %q; give each class a name of its own: %w", first, i, name, ErrConfig)
		}
		seen[name] = i
	}
	c.Labels = slices.Clone(names)
	return nil
}

// readLabels takes the class names from id2label, and refuses a label2id that
// says otherwise.
func (c *Config) readLabels() error {
	var names map[string]string
	if err := c.get("id2label", &names); err != nil {
		return err
	}
	if len(names) == 0 {
		return nil
	}
	labels := make([]string, len(names))
	for key, name := range names {
		id, err := strconv.Atoi(key)
		if err != nil || id < 0 || id >= len(labels) || strconv.Itoa(id) != key {
			return fmt.Errorf("model: %s: id2label has the key %q; the keys of %d labels must be 0 to %d: %w",
				ConfigName, key, len(names), len(names)-1, ErrConfig)
		}
		labels[id] = name
	}
	if err := c.SetLabels(labels); err != nil {
		return err
	}
	return c.checkLabelIDs()
}

// checkLabelIDs compares label2id with Labels. Numbers may be written as
// strings, as some published files do.
func (c *Config) checkLabelIDs() error {
	var ids map[string]any
	if err := c.get("label2id", &ids); err != nil || ids == nil {
		return err
	}
	for id, name := range c.Labels {
		given, ok := ids[name]
		if !ok || fmt.Sprint(given) != strconv.Itoa(id) {
			return fmt.Errorf("model: %s: id2label calls class %d %q, label2id has %v for that name; make them agree: %w",
				ConfigName, id, name, given, ErrConfig)
		}
	}
	return nil
}

// writeLabels writes both label maps, ids in numeric order.
func (c *Config) writeLabels(out map[string]json.RawMessage) error {
	if c.Labels == nil {
		return nil
	}
	var byID bytes.Buffer
	ids := make(map[string]int, len(c.Labels))
	for id, name := range c.Labels {
		text, err := encode(name)
		if err != nil {
			return err
		}
		fmt.Fprintf(&byID, `%c"%d":%s`, "{,"[min(id, 1)], id, text)
		ids[name] = id
	}
	byID.WriteByte('}')
	text, err := encode(ids)
	if err != nil {
		return err
	}
	out["id2label"], out["label2id"] = byID.Bytes(), text
	return nil
}

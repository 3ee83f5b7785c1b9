package tokenize

import (
	"encoding/json"
	"fmt"
)

// template is the layout of a sequence: special tokens and texts in order.
type template []part

// part is one place of a template: a text (0 or 1), or special ids when text
// is -1.
type part struct {
	text   int8
	ids    []int32
	typeID uint8
}

// added returns the number of special tokens.
func (t template) added() int {
	n := 0
	for _, p := range t {
		n += len(p.ids)
	}
	return n
}

// assemble lays the texts out.
func (t template) assemble(texts [2]pieces, spans bool) Encoding {
	n := t.added()
	for _, p := range t {
		if p.text >= 0 {
			n += len(texts[p.text].ids)
		}
	}
	e := Encoding{IDs: make([]int32, 0, n), TypeIDs: make([]uint8, 0, n)}
	if spans {
		e.Spans = make([]Span, 0, n)
	}
	for _, p := range t {
		before := len(e.IDs)
		if p.text < 0 {
			e.IDs = append(e.IDs, p.ids...)
		} else {
			for _, id := range texts[p.text].ids {
				e.IDs = append(e.IDs, int32(id))
			}
		}
		for i := range len(e.IDs) - before {
			e.TypeIDs = append(e.TypeIDs, p.typeID)
			if !spans {
				continue
			}
			span := Span{Text: p.text}
			if p.text >= 0 {
				at := texts[p.text].spans[i]
				span.Start, span.End = int32(at[0]), int32(at[1])
			}
			e.Spans = append(e.Spans, span)
		}
	}
	return e
}

// postProcessor is the part of a tokenizer.json that says how texts and
// special tokens are laid out.
type postProcessor struct {
	Type string `json:"type"`
	// BertProcessing and RobertaProcessing
	Sep json.RawMessage `json:"sep"`
	Cls json.RawMessage `json:"cls"`
	// TemplateProcessing
	Single        []templatePart `json:"single"`
	Pair          []templatePart `json:"pair"`
	SpecialTokens map[string]struct {
		IDs []int32 `json:"ids"`
	} `json:"special_tokens"`
}

type templatePart struct {
	SpecialToken *struct {
		ID     string `json:"id"`
		TypeID uint8  `json:"type_id"`
	}
	Sequence *struct {
		ID     string `json:"id"`
		TypeID uint8  `json:"type_id"`
	}
}

// templates reads the layouts of single texts and pairs. The pair is nil when
// the file has none.
func templates(raw json.RawMessage) (single, pair template, err error) {
	var p *postProcessor
	if err := json.Unmarshal(raw, &p); err != nil {
		return nil, nil, fmt.Errorf("tokenize: post_processor: %v: %w", err, ErrFile)
	}
	if p == nil {
		return nil, nil, fmt.Errorf("tokenize: post_processor is null; TemplateProcessing, BertProcessing or RobertaProcessing is expected: %w", ErrFile)
	}
	switch p.Type {
	case "TemplateProcessing":
		if single, err = p.layout("single", p.Single, 1); err != nil {
			return nil, nil, err
		}
		if len(p.Pair) > 0 {
			pair, err = p.layout("pair", p.Pair, 2)
		}
		return single, pair, err
	case "BertProcessing", "RobertaProcessing":
		cls, err := namedID("cls", p.Cls)
		if err != nil {
			return nil, nil, err
		}
		sep, err := namedID("sep", p.Sep)
		if err != nil {
			return nil, nil, err
		}
		first, last := part{text: -1, ids: []int32{cls}}, part{text: -1, ids: []int32{sep}}
		single = template{first, {text: 0}, last}
		if p.Type == "RobertaProcessing" {
			// <s> A </s> </s> B </s>, all of type 0
			return single, template{first, {text: 0}, last, last, {text: 1}, last}, nil
		}
		lastOfPair := last
		lastOfPair.typeID = 1
		return single, template{first, {text: 0}, last, {text: 1, typeID: 1}, lastOfPair}, nil
	}
	return nil, nil, fmt.Errorf("tokenize: post_processor %q is not supported; TemplateProcessing, BertProcessing or RobertaProcessing is expected: %w", p.Type, ErrFile)
}

// namedID reads a pair [token, id].
func namedID(name string, raw json.RawMessage) (int32, error) {
	var pair []json.RawMessage
	var id int32
	err := json.Unmarshal(raw, &pair)
	if err == nil && len(pair) == 2 {
		err = json.Unmarshal(pair[1], &id)
	}
	if err != nil || len(pair) != 2 || id < 0 {
		return 0, fmt.Errorf("tokenize: post_processor %s is %s; [token, id] is expected: %w", name, raw, ErrFile)
	}
	return id, nil
}

// layout reads one template; every one of its texts must occur once.
func (p *postProcessor) layout(name string, parts []templatePart, texts int) (template, error) {
	var t template
	seen := [2]int{}
	for i, tp := range parts {
		switch {
		case tp.SpecialToken != nil:
			token, ok := p.SpecialTokens[tp.SpecialToken.ID]
			if !ok {
				return nil, fmt.Errorf("tokenize: post_processor %s names the special token %q, which special_tokens lacks: %w", name, tp.SpecialToken.ID, ErrFile)
			}
			for _, id := range token.IDs {
				if id < 0 {
					return nil, fmt.Errorf("tokenize: special token %q has the id %d: %w", tp.SpecialToken.ID, id, ErrFile)
				}
			}
			t = append(t, part{text: -1, ids: token.IDs, typeID: tp.SpecialToken.TypeID})
		case tp.Sequence != nil && (tp.Sequence.ID == "A" || tp.Sequence.ID == "B"):
			text := int8(tp.Sequence.ID[0] - 'A')
			seen[text]++
			t = append(t, part{text: text, typeID: tp.Sequence.TypeID})
		default:
			return nil, fmt.Errorf("tokenize: part %d of post_processor %s is neither a special token nor sequence A or B: %w", i, name, ErrFile)
		}
	}
	if seen[0] != 1 || seen[1] != texts-1 {
		return nil, fmt.Errorf("tokenize: post_processor %s has sequence A %d times and B %d times: %w", name, seen[0], seen[1], ErrFile)
	}
	return t, nil
}

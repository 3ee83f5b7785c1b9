package pii

import (
	"strings"
	"unicode/utf8"

	"github.com/ortrain/ortrain/pipeline/sample"
)

var _ = register(Recogniser{
	Name: "email", Type: "EMAIL", Rank: 30, Starts: "@",
	Doc:    "address with a domain that has a top level of letters; file names such as icon@2x.png are left alone",
	Find:   findEmail,
	Normal: strings.ToLower,
	Samples: Samples{
		Find: []string{
			"mail «ann.lee+news@mail.example.co.uk».", "<«a_b@example.org»>", "to=«x1@example.com»&cc=1",
			"邮箱«zhang@example.cn»。", "«jörg@exämple.de»", "'«o'brien@example.ie»'", "mailto:«me@example.com»?subject=x",
		},
		Miss: []string{
			"@user said", "icon@2x.png", "lodash@4.17.21", "meet @ 5.30", "user@host", "a@b.c", "git@github.com:org/repo.git",
			"@@ -1,2 +3,4 @@", "x@.com", "image@sha256.3f", "@angular/core@next.", "a@-example.com",
		},
	},
})

// Lengths of RFC 5321, section 4.5.3.1.
const (
	maxLocal  = 64
	maxDomain = 255
)

// findEmail works from an at sign to both sides.
func findEmail(t *Text, at int) (sample.Range, bool) {
	s := t.String
	start := localStart(s, at)
	if start == at {
		return sample.Range{}, false
	}
	end := domainEnd(s, at+1)
	if end == 0 || byteAt(s, end) == '@' {
		return sample.Range{}, false
	}
	if byteAt(s, end) == ':' && s[start:at] == "git" { // a remote of git, not a person
		return sample.Range{}, false
	}
	return sample.Range{Start: start, End: end}, true
}

// localStart is where the part before the at sign begins.
func localStart(s string, at int) int {
	start, first := at, at
	for start > 0 && at-start < maxLocal {
		r, size := utf8.DecodeLastRuneInString(s[:start])
		switch {
		case joins(r) && r != utf8.RuneError:
			start -= size
			first = start
		case r == '.' || r == '%' || r == '+' || r == '-' || r == '\'' || r == '&':
			start -= size
		default:
			return first
		}
	}
	return first
}

// domainEnd is where the domain that begins at a place ends, 0 if there is none.
func domainEnd(s string, at int) int {
	from, end, labels := at, 0, 0
	for at-from < maxDomain {
		next := labelEnd(s, at)
		if next == at || s[at] == '-' {
			break
		}
		labels++
		if labels > 1 && topLevel(s[at:next]) {
			end = next
		} else {
			end = 0
		}
		if byteAt(s, next) != '.' {
			at = next
			break
		}
		at = next + 1
		if labelEnd(s, at) == at { // the full stop of a sentence
			break
		}
	}
	return end
}

// labelEnd is where a run of letters, digits and hyphens ends.
func labelEnd(s string, at int) int {
	for from := at; at < len(s) && at-from < maxLocal; {
		r, size := utf8.DecodeRuneInString(s[at:])
		if r != '-' && (!joins(r) || r == '_' || r == utf8.RuneError) {
			break
		}
		at += size
	}
	return at
}

// topLevel reports whether a label can be a top-level domain: letters, or the
// ASCII form of an international one, and no ending of a file's name.
func topLevel(label string) bool {
	if strings.HasPrefix(label, "xn--") {
		return len(label) > 4
	}
	if len(label) < 2 {
		return false
	}
	for i := range len(label) {
		if classes[label[i]] == digit || label[i] == '-' {
			return false
		}
	}
	return !fileEnding[strings.ToLower(label)]
}

// fileEnding are endings that follow @2x and the like.
var fileEnding = map[string]bool{
	"png": true, "jpg": true, "jpeg": true, "gif": true, "svg": true, "webp": true, "bmp": true, "ico": true,
	"js": true, "mjs": true, "css": true, "html": true, "json": true, "yaml": true, "yml": true, "txt": true, "pdf": true,
}

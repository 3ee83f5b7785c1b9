package augment

import (
	"strings"

	"github.com/ortrain/ortrain/pipeline/sample"
)

// special reports whether a text may hold something that protected finds: a
// quick look before the long one.
func special(s string) bool {
	return strings.IndexByte(s, '@') >= 0 || strings.Contains(s, "{{") ||
		strings.Contains(s, "://") || strings.Contains(s, "www.") || strings.IndexByte(s, '#') >= 0
}

// protected returns the stretches that no operator touches: {{…}}, addresses of
// the web and of mail, @mentions and #tags. They ascend and do not overlap.
func protected(s string) []sample.Range {
	var out []sample.Range
	for i := 0; i < len(s); {
		end := i
		switch {
		case strings.HasPrefix(s[i:], "{{"):
			if to := strings.Index(s[i:], "}}"); to >= 0 {
				end = i + to + len("}}")
			}
		case (s[i] == '@' || s[i] == '#') && i+1 < len(s) && !blank(s[i+1]):
			end = token(s, i)
		case fresh(s, i) && address(s[i:token(s, i)]):
			end = token(s, i)
		}
		if end == i {
			i++
			continue
		}
		out = append(out, sample.Range{Start: i, End: end})
		i = end
	}
	return out
}

// fresh reports whether a token begins at i.
func fresh(s string, i int) bool { return !blank(s[i]) && (i == 0 || blank(s[i-1])) }

// token returns where the token that holds i ends: at white space, or at what
// opens another protected stretch.
func token(s string, i int) int {
	for i < len(s) && !blank(s[i]) && !strings.HasPrefix(s[i:], "{{") {
		i++
	}
	return i
}

// address reports whether a token is an address of the web or of mail.
func address(token string) bool {
	if strings.Contains(token, "://") || strings.HasPrefix(token, "www.") {
		return true
	}
	at := strings.IndexByte(token, '@')
	return at > 0 && strings.IndexByte(token[at:], '.') > 0
}

func blank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

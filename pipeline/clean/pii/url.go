package pii

import (
	"strings"

	"github.com/ortrain/ortrain/pipeline/sample"
)

var _ = register(Recogniser{
	Name: "url_credentials", Type: "URL_CREDENTIALS", Rank: 20, Starts: ":",
	Doc:  "URL with a password or a long token before the host; the whole URL is the match",
	Find: findURL,
	Samples: Samples{
		Find: []string{
			"clone «https://ann:s3cret@git.example.com/x.git» now", "«postgres://app:p%40ss@db:5432/main»",
			"(«ftp://u:p@ftp.example.org»)", "«https://0123456789abcdef0123@example.com/repo»",
		},
		Miss: []string{
			"https://example.com/a:b@c", "ssh://git@example.com/x", "http://example.com:8080/", "see https://example.com/?q=a@b.org",
			"https://user:@example.com/", "a://b", "::://:@",
		},
	},
})

const (
	maxURL   = 2048
	minToken = 16 // a name before the host that is as long as this is a token
)

// findURL starts at the colon after a scheme.
func findURL(t *Text, at int) (sample.Range, bool) {
	s := t.String
	if !strings.HasPrefix(s[at:], "://") {
		return sample.Range{}, false
	}
	start := runBack(s, at, maxLocal, schemeByte)
	for start < at && classes[s[start]] != letter {
		start++
	}
	host, ok := userinfo(s, at+len("://"))
	if start == at || !ok {
		return sample.Range{}, false
	}
	end := run(s, host, maxURL, urlByte)
	for end > host && strings.IndexByte(".,;:!?)'*", s[end-1]) >= 0 {
		end--
	}
	return sample.Range{Start: start, End: end}, end > host
}

// userinfo reports whether what stands before the host at a place holds a
// secret, and where the host begins.
func userinfo(s string, at int) (host int, ok bool) {
	from, colon := at, -1
	for ; at < len(s) && at-from < maxURL; at++ {
		switch b := s[at]; {
		case b == '@':
			if colon < 0 {
				return at + 1, at-from >= minToken
			}
			return at + 1, at > colon+1
		case b == ':' && colon < 0:
			colon = at
		case b == '/' || b == '?' || b == '#' || !urlByte(b):
			return 0, false
		}
	}
	return 0, false
}

// schemeByte reports whether a byte may stand in a scheme.
func schemeByte(b byte) bool { return isAlnum(b) || b == '+' || b == '.' || b == '-' }

// urlByte reports whether a byte may stand in a URL. Letters above ASCII end
// it: what follows in Chinese text is text.
func urlByte(b byte) bool {
	return b > ' ' && b < 0x7f && b != '"' && b != '<' && b != '>' && b != '`' && b != '\\' && b != '|' && b != '^'
}

package pii

import (
	"slices"
	"strings"

	"github.com/ortrain/ortrain/pipeline/sample"
)

var _ = register(Recogniser{
	Name: "vendor_key", Type: "ACCESS_KEY", Rank: 10, Starts: firstBytes(vendors) + "-",
	Doc:  "access key with the prefix, alphabet and length of its vendor, JSON web token, or private key in PEM form",
	Find: findVendorKey,
	// The samples are put together so that no scanner takes this file for a leak.
	Samples: Samples{
		Find: []string{
			"id «AKIA" + "IOSFODNN7EXAMPLE»", "«ghp" + "_0123456789abcdefABCDEF0123456789abcd»,", "key «AIza" + "SyA-0123456789abcdefghijklmnopqrstu»",
			"«sk" + "_live_0123456789abcdefABCDEFgh»", "«xoxb" + "-123456789012-abcdefABCDEF»", "«glpat" + "-abcdEFGH1234ijklMNOP»",
			"«eyJ" + "hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P»",
			"«-----BEGIN " + "PRIVATE KEY-----\nMIIBVgIBADANBgkqhkiG9w0BAQEFAASCAUAwggE8\n-----END " + "PRIVATE KEY-----»",
			"«hf" + "_abcdefghijklmnopqrstuvwxyzABCDEFGH»",
		},
		Miss: []string{
			"AKIA", "AKIAIOSFODNN7EXAMPL", "ghp_short", "sk-learn", "xoxo hugs and kisses", "eyJ.eyJ.x", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
			"-----BEGIN " + "PRIVATE KEY-----", "sk-proj-planning-meeting-notes", "hf_transformers", "npm_config_registry", "AKIAiosfodnn7example",
		},
	},
})

// alphabet is the set of characters of a key.
type alphabet uint8

const (
	base62 alphabet = iota
	base64URL
	upperDigits
	hexLower
	dotted // base64URL and full stops
)

func (a alphabet) has(b byte) bool {
	switch a {
	case upperDigits:
		return isDigit(b) || isUpper(b)
	case hexLower:
		return isHex(b) && !isUpper(b)
	case base64URL:
		return isAlnum(b) || b == '-' || b == '_'
	case dotted:
		return isAlnum(b) || b == '-' || b == '_' || b == '.'
	}
	return isAlnum(b)
}

// vendor is the form of a key: what follows the prefix has between shortest
// and longest characters. Mixed ones must hold a digit and a letter.
type vendor struct {
	prefix            string
	of                alphabet
	shortest, longest int
	mixed             bool
}

// vendors are the forms in the vendors' documentation.
var vendors = []vendor{
	{"AKIA", upperDigits, 16, 16, false}, {"ASIA", upperDigits, 16, 16, false}, // AWS
	{"ghp_", base62, 36, 36, false}, {"gho_", base62, 36, 36, false}, {"ghu_", base62, 36, 36, false}, // GitHub
	{"ghs_", base62, 36, 36, false}, {"ghr_", base62, 36, 76, false}, {"github_pat_", base64URL, 60, 100, false},
	{"glpat-", base64URL, 20, 64, false},                                                                          // GitLab
	{"xoxb-", base64URL, 20, 200, true}, {"xoxp-", base64URL, 20, 200, true}, {"xoxa-", base64URL, 20, 200, true}, // Slack
	{"xoxr-", base64URL, 20, 200, true}, {"xoxs-", base64URL, 20, 200, true},
	{"AIza", base64URL, 35, 35, false},                                       // Google
	{"ya29.", base64URL, 30, 400, true},                                      // Google OAuth
	{"sk_live_", base62, 16, 128, true}, {"sk_test_", base62, 16, 128, true}, // Stripe
	{"rk_live_", base62, 16, 128, true}, {"rk_test_", base62, 16, 128, true},
	{"sk-ant-", base64URL, 32, 200, true}, {"sk-proj-", base64URL, 40, 250, true}, // Anthropic, OpenAI
	{"sk-", base62, 32, 64, true},
	{"npm_", base62, 36, 36, false}, {"pypi-AgE", base64URL, 50, 300, false}, // npm, PyPI
	{"hf_", base62, 34, 34, false},                                             // Hugging Face
	{"SG.", dotted, 60, 80, true},                                              // SendGrid
	{"dop_v1_", hexLower, 64, 64, false}, {"doo_v1_", hexLower, 64, 64, false}, // DigitalOcean
	{"shpat_", hexLower, 32, 32, false}, {"shpss_", hexLower, 32, 32, false}, // Shopify
	{"sq0atp-", base64URL, 22, 22, false}, {"sq0csp-", base64URL, 43, 43, false}, // Square
	{"AGE-SECRET-KEY-1", upperDigits, 58, 58, false}, // age
	{"eyJ", dotted, 40, 4096, true},                  // JSON web token
}

// firstBytes are the bytes that keys begin with.
func firstBytes(all []vendor) string {
	var out []byte
	for _, v := range all {
		if b := v.prefix[0]; !slices.Contains(out, b) {
			out = append(out, b)
		}
	}
	return string(out)
}

// secondBytes are the bytes that follow each first one: most words end here.
var secondBytes = func() (seconds [256]string) {
	for _, v := range vendors {
		first, second := v.prefix[0], v.prefix[1:2]
		if !strings.Contains(seconds[first], second) {
			seconds[first] += second
		}
	}
	return seconds
}()

// maxPEM bounds a private key. Units: bytes.
const maxPEM = 16 << 10

func findVendorKey(t *Text, at int) (sample.Range, bool) {
	s := t.String
	if s[at] == '-' {
		return findPEM(s, at)
	}
	if strings.IndexByte(secondBytes[s[at]], byteAt(s, at+1)) < 0 || !free(s, at) || byteAt(s, at-1) == '-' {
		return sample.Range{}, false
	}
	for _, v := range vendors {
		if strings.HasPrefix(s[at:], v.prefix) {
			if end, ok := v.end(s, at+len(v.prefix)); ok {
				return sample.Range{Start: at, End: end}, true
			}
		}
	}
	return sample.Range{}, false
}

// end reads what follows the prefix.
func (v vendor) end(s string, from int) (int, bool) {
	at := run(s, from, v.longest+1, v.of.has)
	if v.of == dotted {
		at = from + len(strings.TrimRight(s[from:at], "."))
	}
	rest := s[from:at]
	switch {
	case len(rest) < v.shortest || len(rest) > v.longest || !ends(s, at):
		return 0, false
	case v.prefix == "eyJ" && (strings.Count(rest, ".") != 2 || !strings.Contains(rest, ".eyJ")):
		return 0, false
	}
	return at, !v.mixed || strings.ContainsAny(rest, digits) && strings.ContainsAny(rest, letters)
}

// findPEM starts at the hyphens of a private key's first line.
func findPEM(s string, at int) (sample.Range, bool) {
	const begin, end, dashes = "-----BEGIN ", "-----END ", "-----"
	if byteAt(s, at-1) == '-' || !strings.HasPrefix(s[at:], begin) {
		return sample.Range{}, false
	}
	label := after(s, at+len(begin), 48)
	close := strings.Index(label, dashes)
	if close < 0 || !strings.HasSuffix(label[:close], "PRIVATE KEY") && !strings.HasSuffix(label[:close], "PRIVATE KEY BLOCK") {
		return sample.Range{}, false
	}
	from := at + len(begin) + close + len(dashes)
	last := strings.Index(after(s, from, maxPEM), dashes)
	if last < 0 || !strings.HasPrefix(s[from+last:], end+label[:close]+dashes) {
		return sample.Range{}, false
	}
	return sample.Range{Start: at, End: from + last + len(end) + close + len(dashes)}, true
}

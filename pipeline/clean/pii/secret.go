package pii

import (
	"bytes"
	"math"
	"strings"

	"github.com/ortrain/ortrain/pipeline/sample"
)

var _ = register(Recogniser{
	Name: "secret", Type: "ACCESS_KEY", Rank: 11, Starts: "=:\xef",
	Doc:  "value after password=, token:, key= and the like: mixed characters in a password, high entropy in a key; the value alone is the match",
	Find: findSecret,
	Samples: Samples{
		Find: []string{
			"password=«hunter2!x»", `{"api_key": "«9f8e7d6c5b4a39281706f5e4»"}`, "Authorization: Bearer «abcDEF123456ghiJKL789»", "token: «q8Zr5TnW2kLx9Vb3»",
			"export CLIENT_SECRET='«aB3$dE6&gH9*kL2m»'", "key=«q8Zr5TnW2kLx9Vb3mD7c»", "pwd := \"«S3cure-pass»\"", "密码：«abc12345»，", "?access_token=«a1b2c3d4e5f6a7b8»&x=1",
		},
		Miss: []string{
			"password=required", "token: the next word", "password: ${DB_PASSWORD}", "password=getenv(\"P4SS\")", "sort_key=created_at_desc_v2",
			"cache_key=user_profile_v2_settings_page", "key=value", "if password == hunter2x", "commit: 9f8e7d6c5b4a39281706f5e4", "password=********",
			"keyboard: abc123def456ghi7", "monkey=abc123def456ghi7", "password: 1984", "token=<token1234>", "密码：请输入",
		},
	},
})

const (
	maxSecret    = 512
	minPassword  = 6
	minKey       = 16
	keyEntropy   = 3.0 // of a value after token=, api_key=; bits per character
	plainEntropy = 3.5 // after key= alone
)

// strictness says what a value must show to be a secret.
type strictness uint8

const (
	noSecret strictness = iota
	password
	key
	plainKey
)

// secretNames are endings of names of values, without separators.
var secretNames = []struct {
	ending string
	is     strictness
}{
	{"password", password}, {"passwd", password}, {"passphrase", password}, {"pwd", password}, {"passcode", password},
	{"apikey", key}, {"accesskey", key}, {"secretkey", key}, {"privatekey", key}, {"authkey", key}, {"accountkey", key}, {"signingkey", key},
	{"encryptionkey", key}, {"sharedkey", key}, {"masterkey", key}, {"storagekey", key}, {"licensekey", key}, {"accesskeyid", key}, {"keyid", plainKey},
	{"secret", key}, {"token", key}, {"credential", key}, {"credentials", key}, {"authorization", key}, {"bearer", key},
}

// findSecret starts at the sign between a name and its value.
func findSecret(t *Text, at int) (sample.Range, bool) {
	s := t.String
	value, is := at+1, noSecret
	if s[at] == 0xef {
		const colon = "："
		if !strings.HasPrefix(s[at:], colon) {
			return sample.Range{}, false
		}
		value = at + len(colon)
	} else if b := byteAt(s, at-1); s[at] == '=' && (b == '=' || b == ':' || b == '!' || b == '<' || b == '>') || byteAt(s, at+1) == '=' && s[at] == '=' {
		return sample.Range{}, false
	}
	if is = secretName(s, at); is == noSecret {
		return sample.Range{}, false
	}
	if b := byteAt(s, value); b == '=' || b == '>' {
		value++
	}
	start, end := secretValue(s, value)
	return sample.Range{Start: start, End: end}, secretive(s[start:end], is)
}

// secretName reads the name that ends before a place.
func secretName(s string, at int) strictness {
	for range 2 {
		if b := byteAt(s, at-1); b == ' ' || b == '"' || b == '\'' {
			at--
		}
	}
	for _, name := range []string{"密码", "口令", "密钥"} {
		if strings.HasSuffix(s[:at], name) {
			return password
		}
	}
	var buf [40]byte
	name := buf[:0]
	for _, b := range []byte(s[runBack(s, at, len(buf), nameByte):at]) {
		if isAlnum(b) {
			name = append(name, lower(b))
		}
	}
	if string(name) == "key" {
		return plainKey
	}
	for _, known := range secretNames {
		if bytes.HasSuffix(name, []byte(known.ending)) {
			return known.is
		}
	}
	return noSecret
}

// nameByte reports whether a byte may stand in a name of a value.
func nameByte(b byte) bool { return isAlnum(b) || b == '_' || b == '-' }

// secretValue reads the value that begins near a place: between quotation
// marks, or up to a space or a sign that ends values.
func secretValue(s string, at int) (start, end int) {
	for range 2 {
		if byteAt(s, at) == ' ' {
			at++
		}
	}
	for _, scheme := range []string{"Bearer ", "bearer ", "Basic ", "Token "} {
		if strings.HasPrefix(s[at:], scheme) {
			at += len(scheme)
		}
	}
	stops := "\"'`,;&<>)}]"
	if q := byteAt(s, at); q == '"' || q == '\'' {
		at++
		stops = string(rune(q))
	}
	end = at
	for end < len(s) && end-at <= maxSecret && s[end] > ' ' && s[end] < 0x7f && strings.IndexByte(stops, s[end]) < 0 {
		end++
	}
	for end > at && (s[end-1] == '.' || s[end-1] == ':') {
		end--
	}
	return at, end
}

// secretive judges a value.
func secretive(value string, is strictness) bool {
	if len(value) < minPassword || len(value) > maxSecret || strings.IndexByte("$<{%*[(@", value[0]) >= 0 || strings.ContainsAny(value, "([{") {
		return false
	}
	numbers, letters, signs := census(value)
	if letters == 0 {
		return false
	}
	least := plainEntropy
	switch is {
	case password:
		return numbers+signs > 0
	case key:
		least = keyEntropy
	}
	return len(value) >= minKey && numbers*10 >= len(value) && entropy(value) >= least
}

// census counts the digits, letters and signs of a value; those that join words
// are no signs.
func census(value string) (numbers, letters, signs int) {
	for i := range len(value) {
		switch b := value[i]; {
		case isDigit(b):
			numbers++
		case isAlnum(b):
			letters++
		case strings.IndexByte("_-./", b) < 0:
			signs++
		}
	}
	return numbers, letters, signs
}

// entropy is Shannon's, of the characters of a value. Units: bits per
// character.
func entropy(value string) float64 {
	var counts [256]int
	for i := range len(value) {
		counts[value[i]]++
	}
	bits := 0.0
	for _, n := range counts {
		if n > 0 {
			p := float64(n) / float64(len(value))
			bits -= p * math.Log2(p)
		}
	}
	return bits
}

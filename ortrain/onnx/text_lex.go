package onnx

import (
	"fmt"
	"strings"
)

// SyntaxError says where a text is not a model. It wraps ErrInvalid.
type SyntaxError struct {
	// Line and Column count from 1, columns in bytes.
	Line, Column int
	// Reason says what was found and what was expected.
	Reason string
}

// Error returns position and reason in one line.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("onnx: text line %d column %d: %s", e.Line, e.Column, e.Reason)
}

// Unwrap returns ErrInvalid.
func (e *SyntaxError) Unwrap() error { return ErrInvalid }

// tokenKind is a class of tokens.
type tokenKind uint8

const (
	tokenEnd    tokenKind = iota
	tokenID               // letters, digits, '_'
	tokenQuoted           // text holds what is between the quotes, unescaped
	tokenInt
	tokenFloat
	tokenSign // one byte of punctuation
)

// token is a piece of text.
type token struct {
	kind tokenKind
	text string
	pos  int
}

// lexer cuts a text into tokens.
type lexer struct {
	src string
	pos int
}

// next returns the next token, or what is wrong with it.
func (l *lexer) next() (token, string) {
	l.skip()
	start := l.pos
	if start == len(l.src) {
		return token{kind: tokenEnd, pos: start}, ""
	}
	c := l.src[start]
	switch {
	case isLetter(c):
		return l.cut(tokenID, l.span(start, isWord)), ""
	case c == '"':
		return l.quoted()
	case isDigit(c), c == '-' && start+1 < len(l.src) && isDigit(l.src[start+1]):
		return l.number(), ""
	case c == '-': // "-inf" and "-nan"
		end := l.span(start+1, isLetter)
		if isFloatWord(l.src[start+1 : end]) {
			return l.cut(tokenFloat, end), ""
		}
	}
	return l.cut(tokenSign, start+1), ""
}

// skip moves over white space and comments.
func (l *lexer) skip() {
	for l.pos < len(l.src) {
		switch l.src[l.pos] {
		case ' ', '\t', '\n', '\r', '\v', '\f':
			l.pos++
		case '#':
			end := strings.IndexByte(l.src[l.pos:], '\n')
			if end < 0 {
				l.pos = len(l.src)
				return
			}
			l.pos += end
		default:
			return
		}
	}
}

// span returns the end of the bytes in class from start on.
func (l *lexer) span(start int, class func(byte) bool) int {
	for start < len(l.src) && class(l.src[start]) {
		start++
	}
	return start
}

func (l *lexer) cut(kind tokenKind, end int) token {
	t := token{kind, l.src[l.pos:end], l.pos}
	l.pos = end
	return t
}

// quoted reads a string; a backslash takes the next byte as it is.
func (l *lexer) quoted() (token, string) {
	var b strings.Builder
	start := l.pos
	for i := start + 1; i < len(l.src); i++ {
		switch l.src[i] {
		case '"':
			l.pos = i + 1
			return token{tokenQuoted, b.String(), start}, ""
		case '\\':
			if i++; i < len(l.src) {
				b.WriteByte(l.src[i])
			}
		default:
			b.WriteByte(l.src[i])
		}
	}
	l.pos = len(l.src)
	return token{pos: start}, "the string has no closing quote"
}

// number reads an integer or, with a point or an exponent, a float.
func (l *lexer) number() token {
	kind := tokenInt
	end := l.span(l.pos+1, isDigit)
	if end < len(l.src) && l.src[end] == '.' {
		kind = tokenFloat
		end = l.span(end+1, isDigit)
	}
	if end < len(l.src) && (l.src[end] == 'e' || l.src[end] == 'E') {
		kind = tokenFloat
		end++
		if end < len(l.src) && (l.src[end] == '+' || l.src[end] == '-') {
			end++
		}
		end = l.span(end, isDigit)
	}
	return l.cut(kind, end)
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isWord(c byte) bool   { return isLetter(c) || isDigit(c) }

// isFloatWord reports whether s spells a float without digits.
func isFloatWord(s string) bool {
	switch strings.ToLower(s) {
	case "inf", "infinity", "nan":
		return true
	}
	return false
}

// isTypeWord reports whether a type starts with s.
func isTypeWord(s string) bool {
	switch s {
	case "seq", "map", "optional", "sparse_tensor", dtypeInfo[Undefined].name:
		return true
	}
	_, ok := ParseDType(s)
	return ok
}

// quote writes s as a quoted string.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// identifier writes s so that it reads as a name wherever a name can stand.
func identifier(s string) string {
	if s == "" || !isLetter(s[0]) || isTypeWord(s) || isFloatWord(s) {
		return quote(s)
	}
	for i := range len(s) {
		if !isWord(s[i]) {
			return quote(s)
		}
	}
	return s
}

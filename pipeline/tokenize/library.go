package tokenize

// The library is linked at the very end of a build, with a message of the linker
// that helps nobody. So its place is looked at here, by the compiler: the folder
// of -L is given as -I too. Nothing of C is used.

/*
#if !__has_include(<libtokenizers.a>)
#error "libtokenizers.a is not found: in the folder of ortrain run make deps, then eval \"$(make -s env)\" (one of your own: CGO_CPPFLAGS=-IFOLDER CGO_LDFLAGS=-LFOLDER)"
#endif
*/
import "C"

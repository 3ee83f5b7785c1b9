package ablate

import "math"

// studentTail is the probability that Student's t with df degrees of freedom is
// larger than t.
//
// Source: Abramowitz and Stegun, "Handbook of Mathematical Functions" (1964),
// 26.7.1, through the incomplete beta function.
func studentTail(t float64, df int) float64 {
	if math.IsInf(t, 1) {
		return 0
	}
	n := float64(df)
	half := betaRatio(n/(n+t*t), n/2, 0.5) / 2
	if t < 0 {
		return 1 - half
	}
	return half
}

// betaRatio is the regularized incomplete beta function I_x(a, b).
func betaRatio(x, a, b float64) float64 {
	switch {
	case x <= 0:
		return 0
	case x >= 1:
		return 1
	}
	la, _ := math.Lgamma(a)
	lb, _ := math.Lgamma(b)
	lab, _ := math.Lgamma(a + b)
	front := math.Exp(lab - la - lb + a*math.Log(x) + b*math.Log1p(-x))
	if x < (a+1)/(a+b+2) { // where the fraction converges fast
		return front * betaFraction(x, a, b) / a
	}
	return 1 - front*betaFraction(1-x, b, a)/b
}

// betaFraction is the continued fraction 26.5.8 of the same book, evaluated from
// the front (Lentz's method).
func betaFraction(x, a, b float64) float64 {
	const tiny, enough, most = 1e-300, 1e-15, 1000
	away := func(v float64) float64 {
		if math.Abs(v) < tiny {
			return tiny
		}
		return v
	}
	c, d := 1.0, 1/away(1-(a+b)*x/(a+1))
	f := d
	for m := 1.0; m < most; m++ {
		even := m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m))
		d, c = 1/away(1+even*d), away(1+even/c)
		f *= d * c
		odd := -(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1))
		d, c = 1/away(1+odd*d), away(1+odd/c)
		f *= d * c
		if math.Abs(d*c-1) < enough {
			break
		}
	}
	return f
}

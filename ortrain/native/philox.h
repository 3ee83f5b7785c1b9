// Dropout masks from Philox4x32-10, part of body.h. Block b of a site decides
// elements 4b … 4b+3; a mask byte is 1 where the element is kept. The vector forms
// hold one 32-bit word of a block in each 64-bit lane: the multiplication reads the
// low halves only, so the garbage above them never has to be cleared.

#ifndef ORTRAIN_NATIVE_PHILOX_H
#define ORTRAIN_NATIVE_PHILOX_H
enum { ORTRAIN_ROUNDS = 10 };
#define ORTRAIN_M0 0xD2511F53u
#define ORTRAIN_M1 0xCD9E8D57u
#define ORTRAIN_W0 0x9E3779B9u
#define ORTRAIN_W1 0xBB67AE85u
#endif

INLINE void FORM(one_block)(uint8_t out[4], uint64_t block, const struct ortrain_mask *p) {
	uint32_t c0 = (uint32_t)block, c1 = (uint32_t)(block >> 32 & 0xffff) | p->tag, c2 = p->micro, c3 = p->step;
	uint32_t k0 = p->key0, k1 = p->key1;
	for (int r = 0; r < ORTRAIN_ROUNDS; r++, k0 += ORTRAIN_W0, k1 += ORTRAIN_W1) {
		uint64_t a = (uint64_t)ORTRAIN_M0 * c0, b = (uint64_t)ORTRAIN_M1 * c2;
		c0 = (uint32_t)(b >> 32) ^ c1 ^ k0;
		c1 = (uint32_t)b;
		c2 = (uint32_t)(a >> 32) ^ c3 ^ k1;
		c3 = (uint32_t)a;
	}
	out[0] = c0 >= p->threshold, out[1] = c1 >= p->threshold;
	out[2] = c2 >= p->threshold, out[3] = c3 >= p->threshold;
}

#if defined(__x86_64__) && VBYTES == 64
#define GROUP 8 // blocks a vector
#define GROUPS 4

TARGET static int64_t FORM(many_blocks)(uint8_t *dst, uint64_t block, int64_t blocks, const struct ortrain_mask *p) {
	const __m512i m0 = _mm512_set1_epi64(ORTRAIN_M0), m1 = _mm512_set1_epi64(ORTRAIN_M1), threshold = _mm512_set1_epi32((int)p->threshold);
	const __m512i lane = _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7), high = _mm512_set1_epi64(0xffff), tag = _mm512_set1_epi64(p->tag);
	int64_t done = 0;
	for (; done + GROUP * GROUPS <= blocks; done += GROUP * GROUPS) {
		__m512i c0[GROUPS], c1[GROUPS], c2[GROUPS], c3[GROUPS];
		for (int j = 0; j < GROUPS; j++) {
			c0[j] = _mm512_add_epi64(_mm512_set1_epi64((long long)(block + (uint64_t)done) + j * GROUP), lane);
			c1[j] = _mm512_or_si512(_mm512_and_si512(_mm512_srli_epi64(c0[j], 32), high), tag);
			c2[j] = _mm512_set1_epi64(p->micro), c3[j] = _mm512_set1_epi64(p->step);
		}
		uint32_t k0 = p->key0, k1 = p->key1;
		for (int r = 0; r < ORTRAIN_ROUNDS; r++, k0 += ORTRAIN_W0, k1 += ORTRAIN_W1) {
			const __m512i key0 = _mm512_set1_epi64(k0), key1 = _mm512_set1_epi64(k1);
			for (int j = 0; j < GROUPS; j++) {
				__m512i a = _mm512_mul_epu32(c0[j], m0), b = _mm512_mul_epu32(c2[j], m1);
				c0[j] = _mm512_ternarylogic_epi64(_mm512_srli_epi64(b, 32), c1[j], key0, 0x96);
				c2[j] = _mm512_ternarylogic_epi64(_mm512_srli_epi64(a, 32), c3[j], key1, 0x96);
				c1[j] = b, c3[j] = a;
			}
		}
		for (int j = 0; j < GROUPS; j++) {
			__m512i keep = _mm512_maskz_set1_epi32(_mm512_cmpge_epu32_mask(c0[j], threshold), 1);
			keep = _mm512_mask_or_epi32(keep, _mm512_cmpge_epu32_mask(c1[j], threshold), keep, _mm512_set1_epi32(1 << 8));
			keep = _mm512_mask_or_epi32(keep, _mm512_cmpge_epu32_mask(c2[j], threshold), keep, _mm512_set1_epi32(1 << 16));
			keep = _mm512_mask_or_epi32(keep, _mm512_cmpge_epu32_mask(c3[j], threshold), keep, _mm512_set1_epi32(1 << 24));
			_mm256_storeu_si256((__m256i *)(dst + 4 * (done + j * GROUP)), _mm512_cvtepi64_epi32(keep));
		}
	}
	return done;
}

#elif defined(__x86_64__) && VBYTES == 32
#define GROUP 4
#define GROUPS 3

INLINE __m256i FORM(keep)(__m256i word, __m256i threshold, int byte) {
	__m256i yes = _mm256_cmpeq_epi32(_mm256_max_epu32(word, threshold), word);
	return _mm256_and_si256(yes, _mm256_set1_epi32(1 << 8 * byte));
}

TARGET static int64_t FORM(many_blocks)(uint8_t *dst, uint64_t block, int64_t blocks, const struct ortrain_mask *p) {
	const __m256i m0 = _mm256_set1_epi64x(ORTRAIN_M0), m1 = _mm256_set1_epi64x(ORTRAIN_M1), threshold = _mm256_set1_epi32((int)p->threshold);
	const __m256i lane = _mm256_setr_epi64x(0, 1, 2, 3), high = _mm256_set1_epi64x(0xffff), tag = _mm256_set1_epi64x(p->tag);
	const __m256i even = _mm256_setr_epi32(0, 2, 4, 6, 0, 2, 4, 6);
	int64_t done = 0;
	for (; done + GROUP * GROUPS <= blocks; done += GROUP * GROUPS) {
		__m256i c0[GROUPS], c1[GROUPS], c2[GROUPS], c3[GROUPS];
		for (int j = 0; j < GROUPS; j++) {
			c0[j] = _mm256_add_epi64(_mm256_set1_epi64x((long long)(block + (uint64_t)done) + j * GROUP), lane);
			c1[j] = _mm256_or_si256(_mm256_and_si256(_mm256_srli_epi64(c0[j], 32), high), tag);
			c2[j] = _mm256_set1_epi64x(p->micro), c3[j] = _mm256_set1_epi64x(p->step);
		}
		uint32_t k0 = p->key0, k1 = p->key1;
		for (int r = 0; r < ORTRAIN_ROUNDS; r++, k0 += ORTRAIN_W0, k1 += ORTRAIN_W1) {
			const __m256i key0 = _mm256_set1_epi64x(k0), key1 = _mm256_set1_epi64x(k1);
			for (int j = 0; j < GROUPS; j++) {
				__m256i a = _mm256_mul_epu32(c0[j], m0), b = _mm256_mul_epu32(c2[j], m1);
				c0[j] = _mm256_xor_si256(_mm256_srli_epi64(b, 32), _mm256_xor_si256(c1[j], key0));
				c2[j] = _mm256_xor_si256(_mm256_srli_epi64(a, 32), _mm256_xor_si256(c3[j], key1));
				c1[j] = b, c3[j] = a;
			}
		}
		for (int j = 0; j < GROUPS; j++) {
			__m256i low = _mm256_or_si256(FORM(keep)(c0[j], threshold, 0), FORM(keep)(c1[j], threshold, 1));
			__m256i keep = _mm256_or_si256(low, _mm256_or_si256(FORM(keep)(c2[j], threshold, 2), FORM(keep)(c3[j], threshold, 3)));
			__m128i packed = _mm256_castsi256_si128(_mm256_permutevar8x32_epi32(keep, even));
			_mm_storeu_si128((__m128i *)(dst + 4 * (done + j * GROUP)), packed);
		}
	}
	return done;
}

#else
INLINE int64_t FORM(many_blocks)(uint8_t *dst, uint64_t block, int64_t blocks, const struct ortrain_mask *p) {
	for (int64_t b = 0; b < blocks; b++) FORM(one_block)(dst + 4 * b, block + (uint64_t)b, p);
	return blocks;
}
#endif

// Elements first … first+n of a site; first is a multiple of 4.
TARGET static void FORM(mask)(uint8_t *dst, int64_t first, int64_t n, const struct ortrain_mask *p) {
	uint64_t block = (uint64_t)first / 4;
	int64_t blocks = n / 4, b = FORM(many_blocks)(dst, block, blocks, p);
	for (; b < blocks; b++) FORM(one_block)(dst + 4 * b, block + (uint64_t)b, p);
	if (n % 4) {
		uint8_t last[4];
		FORM(one_block)(last, block + (uint64_t)b, p);
		memcpy(dst + 4 * b, last, (size_t)(n % 4));
	}
}
#undef GROUP
#undef GROUPS

"""Sentences a second and core of augmenters in Python, by processor time.

Usage: augment.py FILE: one sentence a line. Prints lines of a name and a rate.
Only operators that need no downloaded resources are measured.
"""

import sys
import time


def rate(name, f, sentences, seconds=2.0):
    """Runs f over sentences for some seconds of processor time."""
    start, n = time.process_time(), 0
    while time.process_time() - start < seconds:
        f(sentences[n % len(sentences)])
        n += 1
    print(f"{name}\t{n / (time.process_time() - start):.0f}", flush=True)


def nlpaug(sentences):
    import nlpaug.augmenter.char as nac
    import nlpaug.augmenter.word as naw

    rate("nlpaug swap", naw.RandomWordAug(action="swap").augment, sentences)
    rate("nlpaug delete", naw.RandomWordAug(action="delete").augment, sentences)
    rate("nlpaug keyboard", nac.KeyboardAug().augment, sentences)


def textaugment(sentences):
    from textaugment import EDA, AEDA

    eda, aeda = EDA(), AEDA()
    rate("textaugment swap", eda.random_swap, sentences)
    rate("textaugment delete", lambda s: eda.random_deletion(s, p=0.1), sentences)
    rate("textaugment aeda", aeda.punct_insertion, sentences)


def textattack(sentences):
    from textattack.augmentation import DeletionAugmenter
    from textattack.transformations import WordInnerSwapRandom
    from textattack.augmentation import Augmenter

    rate("textattack delete", DeletionAugmenter().augment, sentences)
    rate("textattack swap", Augmenter(transformation=WordInnerSwapRandom()).augment, sentences)


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        sentences = [line.strip() for line in f if line.strip()]
    for peer in nlpaug, textaugment, textattack:
        try:
            peer(sentences)
        except Exception as e:  # a peer that is not installed or lacks its data
            print(f"{peer.__name__}\tnot measured: {type(e).__name__}: {str(e).splitlines()[0][:100]}", flush=True)


if __name__ == "__main__":
    main()

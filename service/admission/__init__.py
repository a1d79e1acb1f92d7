"""What is let in, in which order it is worked on, and until when: docs/decisions/021-admission.md.

    headers -> a place -> body -> seconds of audio, by model -> order -> cores

It knows neither HTTP nor models: names of clients and models, seconds and cores are all of it.
"""

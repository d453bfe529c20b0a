"""What people ask of a promo and Hookline does not make, each with the flag or the words that do it, or come nearest."""

from __future__ import annotations

MUSIC = "Music is a file of your own: give it with --music FILE."
LETTERING = (
    "Captions have three looks: clean, bold and karaoke; say, for example, “bold captions”. "
    "Their font, colour, size and place are a brand kit's: make --brand KIT."
)
_PICTURE = (
    "The picture stays as it was filmed; an editor's program can change it by the timeline that comes with each run."
)
UNSEEN = "What is seen is not chosen by words: a promo is chosen by what is said in it, and its picture stays as it was filmed."
HOOK = "What a promo opens with is chosen for how it hooks; say “open with …” for something else."
ORDER = "Whole sentences are chosen, and what opens well comes first; “swap 2 and 3” of the finished promo puts clips in another order."
WHEN = "Say from when to when it lasts, for example “only 32:00 to 45:00”."
UNHEARD = "A promo is made of what is said in it, with its sound; captions are burned in for those who watch without."
COVER = "The cover is chosen among stills of the promo; another one can't be asked for in words."

SIZE = "A file is as large as its picture and its length need; a shorter promo, or fewer shapes, takes less."

PURPOSE = "Whom or what it is for changes nothing by itself; say a platform, a shape, a length or a tone that suits it."
CAPTION = r"(?:captions?|subtitles?|subs|text)"
_SMALL = r"(?:bigger|larger|smaller|lower|higher|huge|big|large|tiny|small|white|yellow|red|black|blue|green|pink|coloured|colored|animated|centered|centred|brand|branded|gentle|pretty|fancy|neon|verbatim|flashy|subtle|readable|minimal|minimalist|word by word|thick|thin|emoji|legible|hard|soft|burned in|burnt in|colorful|colourful|bright|transparent)"

UNMADE: tuple[tuple[str, str], ...] = (
    # what is asked for, in the grammar's words                    what to do instead
    (r"(?:sad |soft |upbeat |some |background |quiet |happy |epic |trending |dramatic |calm |royalty free |cinematic |piano |a bit of |gentle |nice |cool |emotional |intro |loud |light |good |house |lofi |lo fi |hip hop |rock )*(?:music|songs?|soundtrack|jingle|music bed|backing track|piano|beat|trending (?:sound|audio)|trending sounds?)(?: (?:also|too|underneath|under(?: it| the voice)?|in the background|behind(?: it| the voice)?|below|throughout|bed|track|on top))*", MUSIC),
    (rf"(?:{_SMALL} )+{CAPTION}(?: (?:style|font))?|{CAPTION} (?:(?:must be|should be|have to be|need to be|in|at|on|are|be|a bit|much|way|more|with a|with) )*(?:the )?(?:{_SMALL}|top|bottom|middle|center|centre|left|right|font|brand font|brand colou?rs?|sentence case|all caps|caps|lowercase|uppercase|capitals|background|shadow|outline)(?: (?:and|or) {_SMALL})?(?: (?:text|letters|font|please))*|(?:in )?(?:sentence|lower|upper) case|(?:bigger|larger|smaller|brand) (?:font|letters|text)|(?:brand )?fonts?|{CAPTION} (?:like|similar to) (?:the )?[a-z]+(?: (?:ones|does|style))?|(?:no )?(?:all )?caps", LETTERING),
    (r"(?:our |a |the |my |company |brand |your )*(?:logos?|watermarks?|lower thirds?|name tags?|end cards?|endcards?|title cards?|title cards?|intro cards?|outro cards?|end screens?|outro|intro animation|bumpers?|call to action|cta|banners?|progress bars?|stickers?|overlays?|arrows?|graphics|animations?|callouts?|b roll|broll|stock (?:footage|video|clips)|drone (?:shots?|footage)|countdown|qr codes?|emojis?|memes?|gifs?|subscribe button|phone number|url|brand colou?rs?|corporate colou?rs?)", _PICTURE),
    (r"(?:zooms?|zoom ins?|transitions?|crossfades?|cross dissolves?|fades?|fade ins?|fade outs?|effects?|special effects|visual effects|fx|vfx|filters?|slow ?mo|slow motion|speed ramps?|speed it up|speed up|sped up|black and white|black n white|b and w|colou?r grad(?:e|ing)|graded|grading|vignette|green screen|blur (?:the )?(?:faces?|background|out)?|blurred|bleep(?: out)?(?: [a-z]+)?|(?<!no )jump ?cuts?|j cuts?|l cuts?|picture in picture|split screen|explosions?|sound effects?|sfx|whoosh(?:es)?|lens flare|shake|glitch|boomerang|loop|looping|loops)", _PICTURE),
    (r"(?:voice ?overs?|voice over|vo|narration|narrator|ai voice|dub(?:bed|bing)?|avatar|deep ?fake|cleaner audio|noise reduction|denoise|remove (?:the )?(?:background )?noise|better audio|fix (?:the )?audio|louder|quieter|volume)", "The voice stays as it was recorded; its loudness is set to what platforms ask for."),
    (r"(?:another|a different|different|new|a new|other|custom|better|nicer|a custom|a better|a nicer) (?:cover|thumbnail|poster|title image)s?|(?:cover|thumbnail|poster)s? (?:with|of|where|saying|showing|should|w)", COVER),
    (r"(?:4k|8k|uhd|2160p|720p|60 fps|120 fps|50 fps|24 fps|hdr|prores|mov|webm|avi|gif|gifs|dcp|xml|edl|aaf)(?: (?:file|export|format|version|resolution|quality))*", "Promos are MP4 files, H.264, 1080 pixels on the short side, at the video's own rate; timelines for an editor's program (EDL, XML, OTIO) come with each."),
    (r"(?:schedule(?: (?:it|this|them))?|upload (?:it|this|them)|publish (?:it|this|them)|post (?:it|this|them)|share (?:it|this|them)|send (?:it|this|them)|email (?:it|this|them)|autopost)(?: (?:to|for|on) (?:me|us|<pf>|<elsewhere>))?", "Nothing is posted or sent: files and words for each platform are made, and you post them."),
    (r"audiogram(?:s| style| version)*(?: [a-z]+)?", "Promos of a recording without a picture are audiograms; those of a video show its picture."),
    (r"(?:blog post|blog|article|newsletter|carousel|thread|transcript|podcast|pdf|slides?|infographic|poster|press release|white paper|essay|summary text|show notes)(?: version| too| as well)*", "What is made are promos, covers, captions and the words of a post."),
)  # fmt: skip
"""Read in this order."""
FINE = r"(?:music|songs?|soundtrack|jingle|logos?|watermarks?|outro|intro animation|effects?|filters?|transitions?|zooms?|emojis?|stickers?|overlays?|graphics|animations?|memes?|gifs?|voice ?overs?|vo|b roll|broll|stock footage|j cuts?|l cuts?|fades?|crossfades?|slow motion|sound effects?|explosions?|end cards?|title cards?|narration|fancy (?:stuff|things|effects)|avatar|ai voice|call to action|cta|graphics)"
"""What is never in a promo, so that it is no wish to want none of it."""

"""What a request does: it asks, wishes, greets, likes, goes on with a wish; as patterns over its words."""

import re

WISH = re.compile(
    r"\b(?:recommend|suggest|should i|for me|something|anything|in the mood|i want|i['’]d like|looking for)\b"
    r"|\b(?:give|find|show) me\b"
    r"|推荐|想看|想听",
    re.IGNORECASE,
)
QUESTION = re.compile(
    r"^\s*(?:(?:and|so|but|ok|okay|then)\W+)*"
    r"(?:who|whom|whose|what|which|when|where|how many|is|are|was|were|did|does|do|name|list)\b|谁|什么|哪"
    r"|\b(?:who|whom|what)\W*$|\b(?:which|what)\s+\w+(?:\s+\w+)?\W*$",
    re.IGNORECASE,
)
WHY = re.compile(r"^\s*(?:why|explain|how come)\b|为什么", re.IGNORECASE)
GREETING = re.compile(
    r"^\W*(?:hi|hello|hey|thanks|thank you|good (?:morning|evening)|bye|help|你好|谢谢)\b", re.IGNORECASE
)
LIKED = re.compile(
    r"\bi (?:really |also |absolutely )*(?:love|loved|like|liked|enjoy|enjoyed|adore|adored)\b|我喜欢|我爱",
    re.IGNORECASE,
)
DISLIKED = re.compile(
    r"\bi (?:really |also |absolutely )*(?:hate|hated|dislike|disliked|didn['’]?t like|did not like|don['’]?t like)\b"
    r"|我讨厌|我不喜欢",
    re.IGNORECASE,
)
MORE = re.compile(r"\b(?:more|another|others?|else|next|different)\b|更多|还有|再来|其他|换", re.IGNORECASE)
LIKE_THIS = re.compile(
    r"\b(?:like|similar to)\s+(?:this|that|it|these|those)(?:\s+ones?)?\b(?!\s+\w)|像这", re.IGNORECASE
)
FRAGMENT = re.compile(
    r"^\W*(?:(?:and|only|just|maybe|perhaps|ok|okay)\W+)*"
    r"(?:from|in|of|before|after|since|until|between|by|with|starring|featuring)\b",
    re.IGNORECASE,
)
"""The beginning of what is no sentence by itself: it goes on with the wish before it."""

KNOWN = re.compile(
    r"\bi(?:['’]ve|\s+have)?\s+(?:already\s+)?(?:seen|saw|watched|read|heard|played|know)\b|看过|听过|读过",
    re.IGNORECASE,
)
REFINES = re.compile(
    r"\b(?:but|instead|more|less|also|other|another|else|without|no|newer|older|shorter|longer|darker|lighter|slower|faster"
    r"|better|bigger|smaller|\w+ier)\b",
    re.IGNORECASE,
)

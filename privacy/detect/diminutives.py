"""First names that are short or tender forms of each other: one line is one name."""

from __future__ import annotations

GROUPS = """
abigail abby gail
alexander alex alec sasha sandy xander alessandro sandro
alexandra alexa sasha sandra lexi
andrew andy drew
andreas andi
anthony tony antonio toni
barbara barb babs bärbel
benjamin ben benny benji
bernhard bernd
catherine katherine kathryn katharina catarina caterina cathy kathy kate katie kat kathi käthe cath trina
charles charlie chuck carlos karl carl
charlotte lotte lottie charlie
christina christine kristina chris tina chrissy christa
christopher christoph christian chris kit topher
cynthia cindy
daniel dan danny dani
daniela dani
david dave davey
deborah debra deb debbie
dominic dominik dom nick
donald don donnie
dorothy dorothea dot dottie dora thea
edward eduard eduardo ed eddie ted teddy ned edu
elizabeth elisabeth liz lizzie beth betty eliza lisa elsa betsy bess libby lisbeth sissi
emily em emmy
eugene gene
ferdinand ferdi
fernando nando
florian flo
frances fran franny fanny
francisco paco pancho curro francesco franco cesco kiko chico
franziska franzi
frederick friedrich frederik fred freddie fritz rick
gabriel gabe gabi
gabriela gabriele gabi
george georg jorge giorgio
gerald jerry gerry
gerhard gerd
giovanni gianni nanni
giuseppe beppe peppe pino
gregory greg
guillermo guille
günther günter gunther
heinrich heinz heiner henry harry hank henrik hendrik henk
ignacio nacho
isabella isabel isabelle bella izzy belle isa
jacob jakob jake jack coby
jacqueline jackie
james jim jimmy jamie jem
jennifer jen jenny
jessica jess jessie
johannes hans johann jan hannes
john jack johnny jon
jonathan jon jonny nathan
joseph joe joey josef sepp jupp
josé pepe jose
josefa pepa
joshua josh
juliana julia jule jules
kenneth ken kenny
kimberly kim
konstantin kostja
laura lori
lawrence laurence larry lars
leonardo leo leonard lenny len
luís luis lucho
lucía lucy lucia
ludwig lutz
magdalena lena magda leni maddalena
manuel manu manolo
manuela manu
margaret maggie meg peggy marge margie greta gretchen rita margarete margarita
maria mary marie marija mia mimi mary
martha marty
martin marty
matthew matthias matt matteo mateo matze mathieu
maximilian max maxi
melissa mel missy
michael mike mick mickey michel miguel mikey michi micha
michelle shelly
nathaniel nathan nate nat
nicholas nicolas nikolaus nick nicky nico niklas klaus claus colin
pamela pam
patricia pat patty tricia trish
patrick pat paddy
paulina paula
penelope penny
peter pete pedro pietro pit
philip phillip philipp phil felipe
rafael rafa
raymond ray
rebecca becky becca
richard rick ricky dick rich richie ricardo
robert rob bob bobby robbie bert roberto
roberta bobbie
ronald ron ronnie
rosario charo
samantha sam sammy
samuel sam sammy
sebastian seb bastian basti sebastiano
sophie sophia sofia
stephanie steph steffi
stephen steven steve stefan stephan stefano esteban
susan susanne susanna sue susie suzy
terence terry
teresa theresa tess terry tessa maite
theodore theodor ted teddy theo
thomas tom tommy tomás tomas
timothy tim timmy
ulrich uli
ulrike uli
valentina vale
veronica vero ronnie
victoria vicky tori viktoria
vincent vince vinnie vincenzo enzo
virginia ginny
walter walt wally
wilhelm willi willy helmut wim willem
william will bill billy willy liam guillaume guglielmo
wolfgang wolf wolfi
zachary zach zack
"""

ALSO_WORDS = frozenset(
    "dot kit pit sue nick dick em bert bob rich rick phil nat cath sepp jules hank lori elsa".split()
)
"""Short forms that are everyday words as well, beside those of `words.EVERYDAY`."""

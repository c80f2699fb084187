audit-logs = السجلات
audit-of-account = هذا الحساب
audit-of-installation = النظام كله
audit-records = السجلات، الأحدث أولًا
audit-filters = عوامل التصفية
audit-any = الكل
audit-show = عرض
audit-clear = أزل عوامل التصفية
audit-event = الحدث
audit-about = عن المستخدم
audit-of-job = المهمة
audit-from = من يوم
audit-to = إلى يوم
audit-problem-event = لا يوجد حدث بهذا الاسم.
audit-problem-job = للمهمة رقم.
audit-problem-about = لا يمكن أن يكون هذا اسم مستخدم.
audit-problem-day = أدخل اليوم بالشكل 2026-11-25.
audit-problem-head = هذه ليست نهاية سجل: عدد ثم نقطتان ثم 64 رقمًا ست عشريًا.
audit-bad-page = في العنوان قيمة لا يمكن أن تكون سجلًا. ابدأ بأحدث السجلات.
audit-bad-format = التصدير بصيغة CSV أو أسطر JSON.
audit-what = ماذا
audit-object = عن
audit-by = بواسطة
audit-when = متى
audit-id = المعرّف
audit-nothing-matches = لا يوجد سجل مطابق
audit-nothing-matches-more = لا يُعثر على المستخدم إلا بالكتابة نفسها التي كانت في طلب المهمة.
audit-nothing = لا توجد سجلات بعد
audit-nothing-more = يُسجَّل هنا كل تغيير وتسجيل دخول ومحو، والطلبات المرفوضة مرة في الدقيقة.
audit-looked-at = { $count ->
    [one] للحدث أو الوقت يُنظر في سجل واحد قبل اليوم الأخير. اختر يومًا أخيرًا أبكر للعثور على الأقدم.
    [two] للحدث أو الوقت يُنظر في سجلين قبل اليوم الأخير. اختر يومًا أخيرًا أبكر للعثور على الأقدم.
    [few] للحدث أو الوقت يُنظر في { $count } سجلات قبل اليوم الأخير. اختر يومًا أخيرًا أبكر للعثور على الأقدم.
   *[other] للحدث أو الوقت يُنظر في { $count } سجل قبل اليوم الأخير. اختر يومًا أخيرًا أبكر للعثور على الأقدم.
}
audit-pages = الصفحات
audit-newest = الأحدث
audit-older = الأقدم
audit-export-csv = تصدير بصيغة CSV
audit-export-jsonl = تصدير كأسطر JSON
audit-export-more = يبدأ التصدير بأقدم سجل مطابق وفيه 10,000 سجل على الأكثر. يؤدي رأس Link إلى ما يليها، ويصدّر سطر الأوامر الكل.
audit-group-asked = المطلوب
audit-group-account = الحساب
audit-group-keys = المفاتيح
audit-group-people = الأشخاص
audit-group-projects = المشاريع
audit-group-courses = المقررات
audit-group-jobs = المهام
audit-group-admins = المديرون
audit-group-erasures = عمليات المحو
audit-group-denied = الطلبات المرفوضة
audit-created = أُنشئ
audit-changed = غُيّر
audit-disabled = عُطّل
audit-enabled = فُعّل
audit-rotated = جُدّد
audit-revoked = أُلغي
audit-password-set = حُدّدت كلمة المرور
audit-signed-in = سُجّل الدخول
audit-deleted = حُذف
audit-cancelled = أُلغيت المهمة
audit-retried = أُعيدت المحاولة
audit-run-now = شُغّل فورًا
audit-suspended = عُلّق
audit-restored = انتهى التعليق
audit-erasure-requested = طُلب المحو
audit-erasure-cancelled = أُلغي المحو
audit-erasure-completed = اكتمل المحو
audit-denied-unknown = رُفض: مفتاح مجهول
audit-denied-secret = رُفض: سر خاطئ
audit-denied-password = رُفض: كلمة مرور خاطئة
audit-denied-attempts = رُفض: محاولات كثيرة
audit-denied-expired = رُفض: مفتاح منتهٍ
audit-denied-not-allowed = رُفض: غير مسموح
audit-account = الحساب
audit-key = المفتاح { $id }
audit-principal = المستخدم { $id }
audit-project = المشروع { $id }
audit-course = المقرر { $id }
audit-job = المهمة { $id }
audit-admin = المدير { $name }
audit-principal-by-key = المستخدم { $principal } بالمفتاح { $credential }
audit-requests = { $count ->
    [one] طلب واحد
    [two] طلبان
    [few] { $count } طلبات
    [many] { $count } طلبًا
   *[other] { $count } طلب
}
audit-verify = التحقق
audit-verify-more = لكل سجل ختم يشمل ما قبله. يقرأ التحقق السجل كله ويستغرق وقتًا إذا طال.
audit-verify-deed = تحقق من هذا السجل
audit-head = نهاية السجل
audit-head-more = إن حفظت نهاية من تقرير سابق فيجب أن يحتويها السجل بعد. يمكن تركها فارغة.
audit-head-keep = احفظها خارج قاعدة البيانات. يستطيع تحقق لاحق أن يثبت بها أن شيئًا لم يُقتطع حتى هنا.
audit-no-key = لا تعرف هذه العملية مفتاح الأختام، فلا تستطيع التحقق منها.
audit-no-key-more = اضبط { $setting } كما هو لدى العمّال، وأعد تشغيل الخدمة.
audit-report = تقرير التحقق
audit-sound = السجل سليم.
audit-unknown-keys = لا يمكن التحقق من بعض الأختام لأن مفاتيحها غير معروفة هنا. اضبط { $setting }.
audit-unsound = { $count ->
    [one] غُيّر السجل: خلل واحد.
    [two] غُيّر السجل: خللان.
   *[other] غُيّر السجل. عدد مواضع الخلل: { $count }.
}
audit-checked = { $count ->
    [zero] لم يُفحص أي ختم.
    [one] فُحص ختم واحد.
    [two] فُحص ختمان.
    [few] فُحصت { $count } أختام.
    [many] فُحص { $count } ختمًا.
   *[other] فُحص { $count } ختم.
}
audit-unsealed = { $count ->
    [one] ينتظر سجل واحد ختمه منذ { $since }.
    [two] ينتظر سجلان ختميهما، أقدمهما منذ { $since }.
    [few] تنتظر { $count } سجلات أختامها، أقدمها منذ { $since }.
    [many] ينتظر { $count } سجلًا أختامها، أقدمها منذ { $since }.
   *[other] ينتظر { $count } سجل أختامها، أقدمها منذ { $since }.
}
audit-late = هذا وقت طويل: انظر إن كان عامل يعمل.
audit-faults = مواضع الخلل
audit-more-faults = { $count ->
    [one] يوجد خلل آخر غير مذكور.
    [two] يوجد خللان آخران غير مذكورين.
   *[other] عدد مواضع الخلل الأخرى غير المذكورة: { $count }.
}
audit-fault-altered = غُيّر السجل { $record } أو الختم { $sequence } عليه.
audit-fault-missing-record = السجل { $record } للختم { $sequence } مفقود.
audit-fault-missing-seals = الأختام من { $first } إلى { $last } مفقودة.
audit-fault-inserted = أُدخل السجل { $record } لاحقًا، أو أُزيل ختمه.
audit-fault-inserted-seal = أُدخل الختم { $sequence } على السجل { $record } قبل أول ختم باقٍ.
audit-fault-unmarked = وُسم السجل { $record } للختم { $sequence } بأنه غير مختوم.
audit-fault-unknown-key = صُنع الختم { $sequence } على السجل { $record } بالمفتاح المجهول { $key }.
audit-fault-checkpoint = غُيّرت نقطة التحقق عند { $sequence }، أو مفتاحها غير معروف.
audit-fault-cut-off = ينتهي السجل قبل النهاية المعروفة { $known }: فقد اقتُطع.
audit-fault-other-head = الختم { $sequence } ليس ختم النهاية المعروفة.

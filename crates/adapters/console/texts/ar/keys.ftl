keys-key = المفتاح
keys-kind = النوع
keys-access-key = مفتاح وصول
keys-account-key = مفتاح حساب
keys-token = رمز وصول
keys-access-keys = مفاتيح الوصول
keys-account-keys = مفاتيح الحساب
keys-tokens = رموز الوصول
keys-opens-sessions = واجهة الجلسات
keys-opens-jobs = واجهة المهام
keys-opens-scopes = واجهة المقررات وما تسمّيه نطاقاتها
keys-secret-key = المفتاح السري
keys-bearer = Bearer
keys-scopes = النطاقات
keys-owner = يمثّل
keys-of-account = الحساب نفسه
keys-made = الإنشاء
keys-used = آخر استخدام
keys-not-used = غير معروف
keys-today = اليوم
keys-ends = النهاية
keys-state = الحالة
keys-active = نشط
keys-ends-in-days = { $count ->
    [one] ينتهي بعد يوم
    [two] ينتهي بعد يومين
    [few] ينتهي بعد { $count } أيام
    [many] ينتهي بعد { $count } يومًا
   *[other] ينتهي بعد { $count } يوم
}
keys-ends-in-hours = { $count ->
    [one] ينتهي بعد ساعة
    [two] ينتهي بعد ساعتين
    [few] ينتهي بعد { $count } ساعات
   *[other] ينتهي بعد { $count } ساعة
}
keys-expired-at = انتهت صلاحيته { $when }
keys-revoked-at = أُلغي { $when }
keys-change = تغيير
keys-any = الكل
keys-person = رقم الشخص
keys-ended-too = المنتهية أيضًا
keys-show = عرض
keys-filters = عوامل التصفية
keys-list = مفاتيح الحساب
keys-bad-filter = في عنوان هذه القائمة قيمة لا يمكن استخدامها. اختر عوامل التصفية من جديد.
keys-nothing-matches = لا يوجد مفتاح مطابق
keys-nothing-matches-more = لا تُعرض المفاتيح الملغاة أو المنتهية إلا عند طلبها.
keys-clear = أزل عوامل التصفية
keys-nothing = لا يوجد مفتاح يعمل
keys-nothing-more = أنشئ مفتاحًا من هنا، أو على الخادم بالأمر:
keys-all-of-kind = اعرض كل هذا النوع
keys-days = يُحفظ آخر استخدام باليوم، بالتوقيت العالمي.
keys-pages = الصفحات
keys-first = الأول
keys-next = التالي
keys-facts = المعلومات
keys-make = إنشاء مفتاح
keys-make-deed = إنشاء المفتاح
keys-make-more = يُعرض الجزء السري مرة واحدة. يثبت المفتاح هوية الحساب نفسه لا هوية شخص.
keys-kinds-more = يفتح مفتاح الوصول واجهة الجلسات، ويفتح مفتاح الحساب واجهة المهام.
keys-tokens-are-issued = يُصدر رمز الوصول من صفحة الشخص.
keys-lifetime = عمر المفتاح الجديد
keys-lives-as-long = مثل القديم
keys-lives-days = { $count ->
    [one] يوم واحد
    [two] يومان
    [few] { $count } أيام
    [many] { $count } يومًا
   *[other] { $count } يوم
}
keys-never = لا ينتهي
keys-not-now = ليس الآن
keys-made-note = أُنشئ المفتاح.
keys-bad-form = في النموذج نوع أو عمر أو مدة تداخل لا يمكن استخدامها.
keys-shown-once = هذه المرة الوحيدة التي يُعرض فيها الجزء السري. احفظه حيث تحفظ أسرارك.
keys-confirm = كلمة مرورك
keys-confirm-more = تُطلب من جديد لكل سر جديد.
keys-confirm-wrong = هذه ليست كلمة مرورك.
keys-confirm-too-many = كلمات مرور خاطئة كثيرة. حاول مرة أخرى بعد { $seconds ->
    [one] ثانية
    [two] ثانيتين
    [few] { $seconds } ثوانٍ
   *[other] { $seconds } ثانية
}.
keys-rotate = تجديد
keys-rotate-deed = إنشاء المفتاح الجديد
keys-rotate-more = للمفتاح الجديد الصلاحيات نفسها. يعمل المفتاحان معًا خلال مدة التداخل ثم ينتهي القديم. يُعرض الجزء السري الجديد مرة واحدة.
keys-overlap = مدة عمل المفتاحين معًا
keys-overlap-none = بلا تداخل
keys-overlap-hours = { $count ->
    [one] ساعة واحدة
    [two] ساعتان
    [few] { $count } ساعات
   *[other] { $count } ساعة
}
keys-overlap-days = { $count ->
    [one] يوم واحد
    [two] يومان
    [few] { $count } أيام
    [many] { $count } يومًا
   *[other] { $count } يوم
}
keys-rotated = يحل المفتاح الجديد محل { $key } الذي يعمل حتى { $when }.
keys-rotated-now = حل المفتاح الجديد محل { $key } الذي انتهى.
keys-ended = أُلغي المفتاح أو انتهت صلاحيته أو لا يحق لصاحبه العمل، فلا يوجد ما يُجدَّد.
keys-issued = أُصدر الرمز لتصريح أو لرمز آخر وينتهي معه، لذا لا يُجدَّد.
keys-revoke = إلغاء
keys-revoke-ask = إلغاء…
keys-revoke-title = إلغاء { $key }؟
keys-revoke-used = آخر استخدام له: { $day }.
keys-revoke-not-used = لا يُعرف له استخدام.
keys-revoke-text = تُجاب الطلبات به بالرمز 401 خلال ثانية. لا يمكن التراجع عن هذا.
keys-revoke-access-key = تُجاب الطلبات به وبرموز تسجيل الدخول التي جاءت منه بالرمز 401 خلال ثانية. لا يمكن التراجع عن هذا.
keys-keep = أبقه
keys-revoked-note = أُلغي { $key }.
keys-revoked-more = ترفضه كل العمليات خلال ثانية.
